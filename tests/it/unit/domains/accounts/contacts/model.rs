use kith::domains::accounts::contacts::model::*;
use kith::providers::Keys;

fn phone(text: &str) -> Option<String> {
    Address::phone(text, "CN").map(|address| address.expose().to_owned())
}

#[test]
fn r3_3_numbers_are_read_by_the_rules_of_their_country() {
    for same in ["13812345634", "+86 138 1234 5634", "+8613812345634", "138-1234-5634", "＋８６ 13812345634"] {
        assert_eq!(phone(same).as_deref(), Some("+8613812345634"), "{same}");
    }
    assert_eq!(phone("+1 (650) 253-0000").as_deref(), Some("+16502530000"));
    assert_eq!(phone("+44 7400 123456").as_deref(), Some("+447400123456"));
    let long = "1".repeat(50_000);
    for bad in [
        "",
        "+",
        "1381234563",
        "138123456345",
        "+86 10 6552 9988",
        "+999 12345678",
        "abc",
        "12345",
        "+1 900 234 5678",
        "+8613812345634;ext=5",
        "13812345634 x 5",
        "\u{0}13812345634",
        "+٨٦١٣٨",
        long.as_str(),
        "((((((((((",
        "++86138",
    ] {
        assert_eq!(phone(bad), None, "{bad:.40}");
    }
}

#[test]
fn addresses_are_read_strictly_and_in_one_form() {
    let email = |text| Address::email(text).map(|address| address.expose().to_owned());
    assert_eq!(email(" Wang@Example.COM ").as_deref(), Some("wang@example.com"));
    let long = format!("{}@example.com", "a".repeat(300));
    for bad in
        ["", "@", "a@", "@b.c", "a b@c.d", "a@b", "Wang <a@b.c>", "\"a b\"@c.de", "a@[127.0.0.1]", "a\n@b.cd", &long]
    {
        assert_eq!(email(bad), None, "{bad:.40}");
    }
}

#[test]
fn h35_an_address_does_not_print_and_does_not_look_the_same_twice() {
    let keys = Keys::random();
    let Some(address) = Address::phone("13812345634", "CN") else { panic!("it is a number") };
    assert!(!format!("{address:?}").contains("1381"));
    assert_eq!(address.masked(), "+86138******34");
    assert_ne!(address.seal(&keys), address.seal(&keys));
    let opened = Address::open(&keys, Kind::Phone, &address.seal(&keys));
    assert_eq!(opened.map(|a| a.expose().to_owned()), Ok("+8613812345634".to_owned()));
    assert!(Address::open(&keys, Kind::Email, &address.seal(&keys)).is_err());
}
