use chrono::SecondsFormat;
use rand::{RngExt, SeedableRng};

use kith::graphql::scalars::*;

#[test]
fn a_moment_is_written_as_chrono_writes_it() {
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let check = |seconds: i64, nanos: u32| {
        let Some(at) = chrono::DateTime::from_timestamp(seconds, nanos) else { return };
        let mut json = Vec::new();
        moment(at, &mut json);
        let wanted = format!("\"{}\"", at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        assert_eq!(String::from_utf8(json).unwrap(), wanted);
    };
    for nanos in [0, 1, 999, 1_000, 999_000, 1_000_000, 999_999_999, 1_500_000_000] {
        for seconds in [0, -1, 59, 1_483_228_799, -62_167_219_201, 253_402_300_800, 253_402_300_799] {
            check(seconds, nanos);
        }
    }
    for _ in 0..10_000 {
        let scale = [1, 1_000, 1_000_000][random.random_range(0..3)];
        check(random.random_range(-90_000_000_000..300_000_000_000), random.random_range(0..1_000) * scale);
    }
}
