use kith::domains::staff::grants::limits::*;
use kith::kernel::Currency;
use kith::kernel::money::{MoneyError, WrittenAmount};
use kith::permissions::Constraints;
use kith::permissions::constraints::Hours;

fn amount(text: &str) -> Option<WrittenAmount> {
    Some(WrittenAmount { amount: text.to_owned(), currency: None })
}

fn read(limits: &Limits) -> Result<Constraints, BadLimit> {
    limits.read(Currency::CNY, true, "2026-11-22T01:00:00Z".parse().unwrap())
}

#[test]
fn r5_4_limits_are_read_in_the_shops_currency() {
    let limits = Limits {
        per_action: amount("200"),
        per_day: amount("500.00"),
        hours: Some(("09:00".to_owned(), "22:00".to_owned())),
        ..Limits::default()
    };
    let wanted = Constraints {
        per_action: Some(20_000),
        per_day: Some(50_000),
        hours: Some(Hours { from: 540, until: 1320 }),
        ..Constraints::default()
    };
    assert_eq!(read(&limits), Ok(wanted));
}

#[test]
fn r5_4_h08_senseless_limits_are_refused() {
    let per_day = |text| Limits { per_day: amount(text), ..Limits::default() };
    for (limits, wanted) in [
        (per_day("0"), BadLimit::Senseless("perDay")),
        (per_day("-1"), BadLimit::Senseless("perDay")),
        (per_day("1e3"), BadLimit::Amount("perDay", MoneyError::Malformed)),
        (per_day("0.001"), BadLimit::Amount("perDay", MoneyError::TooFine)),
        (per_day("92233720368547758.07"), BadLimit::Senseless("perDay")),
        (per_day("92233720368547758.08"), BadLimit::Amount("perDay", MoneyError::TooLarge)),
        (Limits { step_up_above: amount("-0.01"), ..Limits::default() }, BadLimit::Senseless("stepUpAbove")),
        (Limits { count_per_day: Some(0), ..Limits::default() }, BadLimit::Senseless("countPerDay")),
        (
            Limits { hours: Some(("9:00".to_owned(), "22:00".to_owned())), ..Limits::default() },
            BadLimit::Senseless("hours"),
        ),
        (
            Limits { hours: Some(("09:00".to_owned(), "09:00".to_owned())), ..Limits::default() },
            BadLimit::Senseless("hours"),
        ),
        (Limits { valid_until: Some("2026-11-22T01:00:00Z".parse().unwrap()), ..Limits::default() }, BadLimit::Past),
    ] {
        assert_eq!(read(&limits), Err(wanted));
    }
    let yen = WrittenAmount { amount: "1".to_owned(), currency: Some("JPY".parse().unwrap()) };
    let yen = Limits { per_action: Some(yen), ..Limits::default() };
    assert_eq!(read(&yen), Err(BadLimit::Amount("perAction", MoneyError::CurrencyMismatch)));
    let now = "2026-11-22T01:00:00Z".parse().unwrap();
    assert_eq!(per_day("1").read(Currency::CNY, false, now), Err(BadLimit::NoMoney("perDay")));
}
