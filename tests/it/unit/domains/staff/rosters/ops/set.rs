use kith::domains::staff::rosters::ops::set::*;
use kith::permissions::shifts::{DAY, Shift};

#[test]
fn r4_17_shifts_are_read_strictly() {
    let shift = |day, from: &str, until: &str| WrittenShift { day, from: from.into(), until: until.into() }.read();
    assert_eq!(shift(0, "09:00", "18:00"), Some(Shift { starts: 540, minutes: 540 }));
    assert_eq!(shift(6, "22:00", "06:00"), Some(Shift { starts: 6 * DAY + 1_320, minutes: 480 }));
    assert_eq!(shift(1, "00:00", "24:00"), Some(Shift { starts: DAY, minutes: DAY }));
    assert_eq!(shift(1, "09:00", "09:00"), Some(Shift { starts: DAY + 540, minutes: DAY }), "around the clock");
    for (day, from, until) in [(7, "09:00", "18:00"), (0, "9:00", "18:00"), (0, "24:00", "06:00"), (0, "09:00", "")] {
        assert_eq!(shift(day, from, until), None, "{day} {from} {until}");
    }
}
