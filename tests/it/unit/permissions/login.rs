use kith::kernel::Instant;
use kith::permissions::login::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap_or_default()
}

#[test]
fn r4_20_hours_and_days_are_those_of_the_shops_zone() {
    let zone = chrono_tz::Asia::Shanghai;
    let day = Policy { from_minute: Some(540), until_minute: Some(1_080), ..Policy::default() };
    let ask = |policy: &Policy, now: &str| allows(policy, zone, "WEB", Some("PASSWORD"), at(now));
    assert_eq!(ask(&day, "2026-11-21T01:00:00Z"), Ok(()), "nine in Shanghai");
    assert_eq!(ask(&day, "2026-11-21T00:59:59Z"), Err(Against::Hours));
    assert_eq!(ask(&day, "2026-11-21T10:00:00Z"), Err(Against::Hours), "six in the evening");
    let night = Policy { from_minute: Some(1_320), until_minute: Some(360), ..Policy::default() };
    assert_eq!(ask(&night, "2026-11-21T15:00:00Z"), Ok(()));
    assert_eq!(ask(&night, "2026-11-21T21:59:00Z"), Ok(()), "a minute to six");
    assert_eq!(ask(&night, "2026-11-21T04:00:00Z"), Err(Against::Hours));
    // 2026-11-22 is a Sunday; in Shanghai it begins at four in the afternoon of Saturday, UTC.
    let week = Policy { days: Some(vec![1, 2, 3, 4, 5, 6]), ..Policy::default() };
    assert_eq!(ask(&week, "2026-11-21T15:59:59Z"), Ok(()));
    assert_eq!(ask(&week, "2026-11-21T16:00:00Z"), Err(Against::Days));
    // The night of Friday ends on Saturday morning.
    let nights = Policy { days: Some(vec![5]), ..night };
    assert_eq!(ask(&nights, "2026-11-20T15:00:00Z"), Ok(()), "Friday, eleven at night");
    assert_eq!(ask(&nights, "2026-11-20T21:59:00Z"), Ok(()), "Saturday, a minute to six");
    assert_eq!(ask(&nights, "2026-11-20T22:00:00Z"), Err(Against::Days), "six");
    assert_eq!(ask(&nights, "2026-11-21T15:00:00Z"), Err(Against::Days), "Saturday, eleven at night");
    assert_eq!(ask(&nights, "2026-11-19T21:00:00Z"), Err(Against::Days), "the night of Thursday");
    let app = Policy { clients: Some(vec!["SELLER_APP".to_owned()]), ..Policy::default() };
    assert_eq!(ask(&app, "2026-11-21T04:00:00Z"), Err(Against::Client));
    let code = Policy { methods: Some(vec!["PHONE_CODE".to_owned()]), ..Policy::default() };
    assert_eq!(ask(&code, "2026-11-21T04:00:00Z"), Err(Against::Method));
    let nobody = Policy { days: Some(Vec::new()), ..Policy::default() };
    assert_eq!(ask(&nobody, "2026-11-21T04:00:00Z"), Err(Against::Days));
}

#[test]
fn r4_20_a_managers_seat_is_held_to_its_session_and_to_the_clock() {
    let policy = Policy {
        clients: Some(vec!["SELLER_APP".to_owned()]),
        methods: Some(vec!["PHONE_CODE".to_owned()]),
        days: Some(vec![6]),
        ..Policy::default()
    };
    let (saturday, sunday) = (at("2026-11-21T04:00:00Z"), at("2026-11-22T04:00:00Z"));
    let opened =
        |client: &str, method: Option<&str>| Opened { client: client.to_owned(), method: method.map(str::to_owned) };
    let ask =
        |opened: Option<&Opened>, now| Under { policy: &policy, opened, zone: chrono_tz::Asia::Shanghai }.against(now);
    assert_eq!(ask(Some(&opened("SELLER_APP", Some("PHONE_CODE"))), saturday), None);
    assert_eq!(ask(Some(&opened("SELLER_APP", None)), saturday), None, "a second factor confirmed it");
    assert_eq!(ask(Some(&opened("SELLER_APP", Some("PASSWORD"))), saturday), Some(Against::Method));
    assert_eq!(ask(Some(&opened("BUYER_APP", Some("PHONE_CODE"))), saturday), Some(Against::Client));
    assert_eq!(ask(Some(&opened("SELLER_APP", Some("PHONE_CODE"))), sunday), Some(Against::Days));
    assert_eq!(ask(None, saturday), None, "of a session that is not known, the clock alone");
    assert_eq!(ask(None, sunday), Some(Against::Days));
}
