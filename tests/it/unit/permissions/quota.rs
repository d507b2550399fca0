use chrono::NaiveDate;
use chrono_tz::Tz;

use kith::kernel::Instant;
use kith::permissions::constraints::{Constraints, Use, Violation};
use kith::permissions::quota::*;

fn windows(now: &str, zone: Tz) -> Windows {
    Windows::of(now.parse().unwrap(), zone)
}

#[test]
fn h07_days_and_months_begin_in_the_shops_zone() {
    let shanghai = windows("2026-11-30T16:00:00Z", chrono_tz::Asia::Shanghai);
    assert_eq!(shanghai.day, NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
    assert_eq!(shanghai.next_month(), "2026-12-31T16:00:00Z".parse::<Instant>().unwrap());
    let before = windows("2026-11-30T15:59:59Z", chrono_tz::Asia::Shanghai);
    assert_eq!(before.month, NaiveDate::from_ymd_opt(2026, 11, 1).unwrap());
    let leap = windows("2028-02-29T12:00:00Z", chrono_tz::UTC);
    assert_eq!(leap.next_day(), "2028-03-01T00:00:00Z".parse::<Instant>().unwrap());
}

#[test]
fn h07_daylight_saving_skips_and_repeats_midnight() {
    // Beirut skipped midnight of 2022-03-27; Havana repeated the hour before 01:00 on 2022-11-06.
    let beirut = windows("2022-03-26T12:00:00Z", chrono_tz::Asia::Beirut);
    assert_eq!(beirut.next_day(), "2022-03-26T22:00:00Z".parse::<Instant>().unwrap());
    let havana = windows("2022-11-05T12:00:00Z", chrono_tz::America::Havana);
    assert_eq!(havana.next_day(), "2022-11-06T04:00:00Z".parse::<Instant>().unwrap());
}

#[test]
fn checks_agree_with_the_limits() {
    let limits = Constraints { per_day: Some(500), count_per_day: Some(4), ..Default::default() };
    let intended = Use {
        now: "2026-11-22T04:00:00Z".parse().unwrap(),
        zone: chrono_tz::Asia::Shanghai,
        amount: Some(150),
        stepped_up_at: None,
    };
    let used = |day_amount, day_uses| Usage { day_amount, day_uses, month_amount: 0 };
    assert!(check(&limits, &intended, &used(350, 2)).is_ok());
    assert!(matches!(check(&limits, &intended, &used(351, 2)), Err(Violation::PerDay { used: 351, .. })));
    assert!(matches!(check(&limits, &intended, &used(0, 4)), Err(Violation::CountPerDay { .. })));
}
