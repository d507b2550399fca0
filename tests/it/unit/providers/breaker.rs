use std::time::Duration;

use chrono::TimeDelta;

use kith::kernel::Instant;
use kith::providers::breaker::*;

#[test]
fn it_opens_after_failures_in_a_row_and_lets_one_through_after_the_pause() {
    let breaker = Breaker::new(3, Duration::from_secs(30));
    let (pause, began) = (TimeDelta::seconds(30), Instant::default());
    for well in [false, false, true, false, false] {
        assert_eq!(breaker.admit(began), Ok(()));
        breaker.ended(began, well);
    }
    assert_eq!(breaker.admit(began), Ok(()), "a success in between starts the count anew");
    breaker.ended(began, false);
    assert_eq!(breaker.admit(began), Err(Duration::from_secs(30)));
    assert_eq!(breaker.admit(began - TimeDelta::hours(1)), Err(Duration::from_secs(30)), "a clock that was set back");
    let later = began + pause;
    assert_eq!(breaker.admit(later), Ok(()), "one tries");
    assert_eq!(breaker.admit(later), Err(Duration::from_secs(30)), "the others wait");
    breaker.ended(later, false);
    let later = later + pause;
    assert_eq!(breaker.admit(later), Ok(()));
    breaker.ended(later, true);
    assert_eq!(breaker.admit(later), Ok(()));
    assert_eq!(breaker.admit(later), Ok(()));
}
