use chrono::NaiveDate;

use kith::domains::certification::identity::mainland::Wrong;
use kith::domains::certification::identity::model::*;
use kith::providers::Keys;

fn read(region: Region, number: &str) -> Result<String, IdentityRefusal> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default();
    Document::read(region, number, today).map(|document| document.number().expose().clone())
}

#[test]
fn r2_3_another_regions_form_is_never_accepted() {
    let documents = [
        (Region::Mainland, "11010519491231002X"),
        (Region::HongKong, "A123456(3)"),
        (Region::Macao, "1234567(8)"),
        (Region::Taiwan, "A123456789"),
        (Region::Other, "E12345678"),
    ];
    for (issued, number) in documents {
        for region in Region::ALL {
            let taken = read(region, number);
            assert_eq!(taken.is_ok(), region == issued, "{number} as {region:?}: {taken:?}");
            if region != issued && issued != Region::Other {
                assert_eq!(taken, Err(IdentityRefusal::OtherRegion { given: region, looks: issued }));
            }
        }
    }
    assert_eq!(read(Region::Mainland, " 110105 19491231 002x ").as_deref(), Ok("11010519491231002X"));
    assert_eq!(read(Region::Mainland, "１１０１０５１９４９１２３１００２Ｘ").as_deref(), Ok("11010519491231002X"));
    assert_eq!(read(Region::Mainland, &"1".repeat(50_000)), Err(IdentityRefusal::Mainland(Wrong::Form)));
}

#[test]
fn names_are_read_strictly_and_compared_loosely() {
    let keys = Keys::random();
    let key = |text: &str| PersonName::read(text).map(|name| name.key(&keys));
    assert_eq!(key("LI Lei"), key("Li  lei"));
    assert_eq!(key("古丽·阿依"), key("古丽•阿依"));
    assert_ne!(key("李雷"), key("李蕾"));
    let long = "a".repeat(61);
    for bad in ["", "李", "a\u{0}b", "李\u{200b}雷", "<b>x</b>", "1234", &long] {
        assert!(PersonName::read(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn h35_numbers_and_names_show_masked() {
    assert_eq!(mask_number("11010519491231002X"), "1***************2X");
    assert_eq!(mask_number("A12"), "***");
    assert_eq!(mask_name("韩梅梅"), "韩**");
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default();
    let document = Document::read(Region::Mainland, "11010519491231002X", today);
    assert!(!format!("{document:?}").contains("1949"));
}
