use kith::providers::cards::*;

mod sealed;

#[test]
fn r1_9_numbers_are_checked_and_never_shown() {
    for (good, brand, last) in [
        ("4242424242424242", "VISA", "4242"),
        ("4242 4242-4242 4242", "VISA", "4242"),
        ("5555555555554444", "MASTERCARD", "4444"),
        ("2223003122003222", "MASTERCARD", "3222"),
        ("378282246310005", "AMEX", "0005"),
        ("6200000000000005", "UNIONPAY", "0005"),
        ("3530111333300000", "JCB", "0000"),
    ] {
        let Some(card) = CardNumber::parse(good) else { panic!("{good} is a number") };
        assert_eq!((card.brand(), card.last_four().as_str()), (brand, last));
        assert!(!format!("{card:?}").contains("4"), "{card:?}");
    }
    for bad in [
        "",
        "4242424242424241",
        "42424242424",
        "0000000000000000",
        "４２４２４２４２４２４２４２４２",
        "4242424242424242x",
        "42424242424242424242424242424242424242424242424242",
        "4242\u{200b}424242424242",
        "-",
    ] {
        assert!(CardNumber::parse(bad).is_none(), "{bad}");
    }
}
