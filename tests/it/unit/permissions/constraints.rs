use chrono::TimeDelta;

use kith::permissions::constraints::*;

fn at(text: &str) -> Use {
    Use { now: text.parse().unwrap(), zone: chrono_tz::Asia::Shanghai, amount: Some(100), stepped_up_at: None }
}

#[test]
fn r5_4_hours_are_the_shops_own_and_may_cross_midnight() {
    let day = Constraints { hours: Some(Hours { from: 540, until: 1320 }), ..Default::default() };
    assert!(day.check(&at("2026-11-22T01:00:00Z")).is_ok(), "09:00 in Shanghai");
    assert!(day.check(&at("2026-11-22T00:59:59Z")).is_err());
    assert!(day.check(&at("2026-11-22T14:00:00Z")).is_err(), "22:00 is outside");
    let night = Hours { from: 1320, until: 360 };
    assert!(night.contains(1439) && night.contains(0) && !night.contains(360) && !night.contains(720));
}

#[test]
fn r5_4_single_use_limits() {
    let limits = Constraints {
        per_action: Some(200),
        step_up_above: Some(150),
        second_approver_above: Some(120),
        valid_until: Some("2026-12-01T00:00:00Z".parse().unwrap()),
        ..Default::default()
    };
    let mut intended = at("2026-11-22T01:00:00Z");
    assert_eq!(limits.check(&intended), Ok(Obligations::default()));
    intended.amount = Some(121);
    assert_eq!(limits.check(&intended), Ok(Obligations { second_approver: true }));
    intended.amount = Some(151);
    assert_eq!(limits.check(&intended), Err(Violation::StepUp { above: 150 }));
    intended.stepped_up_at = Some(intended.now - TimeDelta::minutes(14));
    assert!(limits.check(&intended).is_ok());
    intended.stepped_up_at = Some(intended.now - STEP_UP_LASTS);
    assert!(limits.check(&intended).is_err());
    intended.amount = Some(201);
    assert_eq!(limits.check(&intended), Err(Violation::PerAction { limit: 200 }));
    intended.now = limits.valid_until.unwrap();
    assert!(matches!(limits.check(&intended), Err(Violation::Expired { .. })));
}

#[test]
fn r5_2_nothing_wider_than_what_one_holds() {
    let mine =
        Constraints { per_action: Some(200), hours: Some(Hours { from: 540, until: 1320 }), ..Default::default() };
    assert_eq!(Constraints::default().within(&mine), Err("perAction"));
    let narrower = Constraints { per_action: Some(100), hours: Some(Hours { from: 600, until: 700 }), ..mine.clone() };
    assert_eq!(narrower.within(&mine), Ok(()));
    let other_hours = Constraints { hours: Some(Hours { from: 500, until: 700 }), ..mine.clone() };
    assert_eq!(other_hours.within(&mine), Err("hours"));
    assert_eq!(mine.within(&Constraints::default()), Ok(()));
}

#[test]
fn clock_times_are_read_strictly() {
    assert_eq!(parse_clock_time("09:00"), Some(540));
    assert_eq!(parse_clock_time("24:00"), Some(1440));
    for bad in ["9:00", "24:01", "25:00", "09:60", "０９:00", "", "09:00:00"] {
        assert_eq!(parse_clock_time(bad), None, "{bad}");
    }
}
