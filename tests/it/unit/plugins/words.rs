use kith::kernel::{Currency, Text as Words};
use kith::permissions::constraints::Constraints;
use kith::plugins::words::*;
use kith_plugin_loader::abi::{Obligation, obligation};

fn one(kind: u32, value: i64, aux: u32) -> Obligation {
    Obligation { kind, aux, value, text_off: 0, text_len: 0 }
}

#[test]
fn obligations_become_the_limits_that_grants_have() {
    let read = |list: &[Obligation]| limits(list, Currency::CNY);
    let both = [one(obligation::COUNT_PER_DAY, 100, 0), one(obligation::COUNT_PER_DAY, 50, 0)];
    assert_eq!(read(&both), Some(Constraints { count_per_day: Some(50), ..Constraints::default() }));
    let yuan = one(obligation::SECOND_APPROVER_ABOVE, 10_000, 156);
    assert_eq!(read(&[yuan]), Some(Constraints { second_approver_above: Some(10_000), ..Constraints::default() }));
    assert_eq!(read(&[one(obligation::MAX_PER_DAY, 1, 840)]), None, "dollars are not held against a shop in yuan");
    assert_eq!(read(&[one(obligation::HOURS, 60, 120), one(obligation::HOURS, 61, 120)]), None);
    assert_eq!(read(&[one(99, 1, 0)]), None);
    assert_eq!(read(&[]), Some(Constraints::default()));
}

#[test]
fn h23_a_reason_is_cleaned_and_has_two_languages() {
    assert_eq!(reason("No.\n不行。"), Some(Words::new("No.", "不行。")));
    assert_eq!(reason("No\u{202e}.\u{7}"), Some(Words::new("No.", "No.")));
    assert_eq!(reason("\u{61c}N\u{2028}o\u{2060}.\u{e0041} "), Some(Words::new("No.", "No.")));
    assert_eq!(reason("\u{200b} \u{feff}"), None);
    assert_eq!(reason(" \n "), None);
}
