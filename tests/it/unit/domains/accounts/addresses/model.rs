use kith::domains::accounts::addresses::model::*;
use kith::providers::Keys;

fn normalised(region: &str, street: &str) -> String {
    let place = Place {
        recipient: "x".to_owned(),
        phone: "+8613812345634".to_owned(),
        region: region.to_owned(),
        street: street.to_owned(),
        postal_code: None,
    };
    place.normalised()
}

#[test]
fn r1_4_one_place_written_in_several_ways_is_one() {
    let home = normalised("浙江省 杭州市 西湖区", "文三路478号3号楼502室");
    for (region, street) in [
        ("浙江省杭州市西湖区", "文三路 478-3-502"),
        ("浙江 杭州 西湖", "文三路４７８号３栋５０２"),
        ("浙江省,杭州市,西湖区", "文三路478号,3幢,502房"),
        ("浙江省 杭州市 西湖区", "浙江省 杭州市 西湖区文三路478号3号楼502室"),
    ] {
        assert_eq!(normalised(region, street), home, "{region} {street}");
    }
    let other = normalised("Greater London", "Flat 3, 10 Baker Street");
    assert_eq!(normalised("greater london", "3, 10 baker  st."), other);
}

#[test]
fn r1_4_other_places_are_others() {
    let home = normalised("浙江省杭州市西湖区", "文三路478号3号楼502室");
    for street in ["文三路478号3号楼503室", "文三路4783号502室", "文二路478号3号楼502室", "文三路478号35号楼02室"]
    {
        assert_ne!(normalised("浙江省杭州市西湖区", street), home, "{street}");
    }
    assert_ne!(normalised("浙江省宁波市西湖区", "文三路478号3号楼502室"), home);
}

#[test]
fn h35_a_place_opens_with_its_key_only_and_shows_a_masked_number() {
    let keys = Keys::random();
    let place = Place {
        recipient: "韩梅梅".to_owned(),
        phone: "+8613812345634".to_owned(),
        region: "浙江省杭州市".to_owned(),
        street: "文三路478号".to_owned(),
        postal_code: Some("310012".to_owned()),
    };
    assert!(Place::open(&keys, &place.seal(&keys)).is_ok_and(|opened| opened == place));
    assert!(Place::open(&Keys::random(), &place.seal(&keys)).is_err());
    assert_eq!(place.masked_phone(), "+86138******34");
    for (bad, part) in [
        (Place { recipient: " ".to_owned(), ..place.clone() }, Part::Recipient),
        (Place { street: "a\nb".to_owned(), ..place.clone() }, Part::Street),
        (Place { region: "x".repeat(61), ..place.clone() }, Part::Region),
        (Place { postal_code: Some(String::new()), ..place.clone() }, Part::PostalCode),
    ] {
        assert_eq!(bad.check(), Err(AddressRefusal::Invalid(part)));
    }
}
