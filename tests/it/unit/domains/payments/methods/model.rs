use kith::domains::payments::methods::model::*;
use kith::kernel::Instant;

#[test]
fn r1_9_a_card_is_good_until_the_end_of_its_month_everywhere() {
    let at = |text: &str| text.parse::<Instant>().unwrap_or_default();
    assert!(!is_over(2026, 11, at("2026-11-30T23:59:59Z")));
    assert!(!is_over(2026, 11, at("2026-12-01T11:59:59Z")), "it is still November in the west");
    assert!(is_over(2026, 11, at("2026-12-01T12:00:00Z")));
    assert!(is_over(2025, 12, at("2026-01-15T00:00:00Z")));
    assert!(!is_over(2027, 1, at("2026-12-15T00:00:00Z")));
}
