use kith::kernel::Instant;
use kith::permissions::shifts::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn r4_17_a_shift_is_of_the_shops_week_and_may_cross_midnight_and_the_weeks_end() {
    let zone = chrono_tz::Asia::Shanghai;
    // Saturday 12:00 to 18:00, Sunday 22:00 to Monday 06:00.
    let roster = Roster::of(vec![
        Shift { starts: 6 * DAY + 1_320, minutes: 480 },
        Shift { starts: 5 * DAY + 720, minutes: 360 },
    ]);
    let saturday = Span { from: at("2026-11-21T04:00:00Z"), until: at("2026-11-21T10:00:00Z") };
    let sunday = Span { from: at("2026-11-22T14:00:00Z"), until: at("2026-11-22T22:00:00Z") };
    assert_eq!(roster.on(at("2026-11-21T04:00:00Z"), zone), Some(saturday), "from its first minute");
    assert_eq!(roster.on(at("2026-11-21T03:59:59Z"), zone), None);
    assert_eq!(roster.on(at("2026-11-21T10:00:00Z"), zone), None, "not in the minute after its last");
    assert_eq!(roster.on(at("2026-11-22T21:59:59Z"), zone), Some(sunday), "Monday 05:59 in Shanghai");
    assert_eq!(roster.next(at("2026-11-21T03:59:59Z"), zone), Some(saturday));
    assert_eq!(roster.next(at("2026-11-21T04:00:30Z"), zone), Some(sunday));
    assert_eq!(saturday.words(zone), ("Sat 2026-11-21 12:00".to_owned(), "18:00".to_owned()));
    assert_eq!(Roster::default().next(at("2026-11-21T04:00:30Z"), zone), None);
    assert_eq!(Roster::from_numbers(&roster.numbers()), roster);
}

#[test]
fn r4_17_a_shift_on_the_day_of_daylight_saving_is_read_off_the_wall() {
    let zone = chrono_tz::Europe::Berlin;
    // Sunday 01:00 to 09:00; on 29 March 2026 the clocks go from 02:00 to 03:00.
    let roster = Roster::of(vec![Shift { starts: 6 * DAY + 60, minutes: 480 }]);
    let short = Span { from: at("2026-03-29T00:00:00Z"), until: at("2026-03-29T07:00:00Z") };
    assert_eq!(roster.on(at("2026-03-29T01:30:00Z"), zone), Some(short), "03:30, seven hours in all");
    assert_eq!(roster.on(at("2026-03-29T07:00:00Z"), zone), None);
}
