use uuid::Uuid;

use kith::worker::sweep::*;

#[test]
fn keys_of_a_moment_lie_below_the_next() {
    let at = chrono::DateTime::from_timestamp_millis(1_790_000_000_000).unwrap_or_default();
    let stamp = uuid::Timestamp::from_unix(uuid::NoContext, 1_790_000_000, 0);
    assert!(Uuid::new_v7(stamp) < first_key_after(at));
    let later = uuid::Timestamp::from_unix(uuid::NoContext, 1_790_000_061, 0);
    assert!(Uuid::new_v7(later) > first_key_after(at));
}
