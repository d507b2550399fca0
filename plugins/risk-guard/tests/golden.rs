//! The built library answers the golden vectors, and the same policy in C answers as it does.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;

use kith_plugin_fixtures::{Loaded, cc, example};
use kith_plugin_sdk::golden::{Golden, answered};
use kith_plugin_sdk::{Ask, Money, OwnedValue};

const GOLDEN: &str = include_str!("../golden.json");

fn both(settings: &str) -> [Result<Loaded, String>; 2] {
    let dir = tempfile::tempdir().unwrap();
    let twin = dir.path().join("libtwin.so");
    cc(&Path::new(env!("CARGO_MANIFEST_DIR")).join("twin.c"), &twin, [""; 0]);
    [Loaded::open(&example("risk-guard", dir.path()), settings), Loaded::open(&twin, settings)]
}

#[test]
fn both_languages_answer_the_golden_vectors() {
    let golden = Golden::parse(GOLDEN).unwrap();
    for loaded in both(&golden.settings_json()) {
        let loaded = loaded.unwrap();
        assert_eq!(golden.run(|request, decision| loaded.authorize(request, decision)), []);
        assert_eq!(loaded.self_test(), 0);
    }
}

#[test]
fn both_languages_describe_the_same_settings_and_no_permissions() {
    let [rust, c] = both("{}").map(|loaded| loaded.unwrap().describe().unwrap());
    assert_eq!(rust.settings, c.settings);
    assert!(rust.permissions.is_empty() && c.permissions.is_empty());
}

#[test]
fn both_languages_refuse_the_same_settings() {
    for wrong in [
        r#"{"night_from": 1440}"#,
        r#"{"night_from": -1}"#,
        r#"{"night_until": 1441}"#,
        r#"{"night_from": 7, "night_until": 7}"#,
        r#"{"second_above": 50001}"#,
        r#"{"second_above": -1}"#,
    ] {
        assert!(both(wrong).iter().all(Result::is_err), "{wrong}");
    }
}

/// SplitMix64: small, seeded, good enough to choose requests.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).unwrap();
        choices[usize::try_from(self.next() % count).unwrap()].clone()
    }

    fn value(&mut self) -> OwnedValue {
        let edge = [0, 1, -1, 9_999, 10_000, 10_001, 49_999, 50_000, 50_001, 359, 360, 1319, 1320, i64::MAX, i64::MIN];
        let near = i64::try_from(self.next() % 60_000).unwrap();
        let number = if self.next().is_multiple_of(3) { self.of(&edge) } else { near };
        match self.next() % 12 {
            0 => OwnedValue::Bool(number > 100),
            1 => OwnedValue::F64(0.5),
            2 => OwnedValue::Str("720".to_owned()),
            3..=5 => OwnedValue::I64(number % 1500),
            _ => OwnedValue::Money(Money { minor: number, currency: self.of(&[156, 840, 0, 999]) }),
        }
    }

    fn ask(&mut self) -> Ask {
        let mut ask = Ask::new(self.of(&["refund.approve", "red_packet.send", "", "退款"]));
        if !self.next().is_multiple_of(16) {
            ask = ask.attr("local_minute", i64::try_from(self.next() % 1440).unwrap());
        }
        for _ in 0..self.next() % 4 {
            let key = self.of(&["amount", "amount", "amount", "local_minute", "amoun", "amount2", "宝"]);
            ask.attrs.push((key.to_owned(), self.value()));
        }
        if self.next().is_multiple_of(4) {
            ask.attrs.reverse()
        }
        ask
    }
}

#[test]
fn both_languages_agree_on_100_000_random_requests() {
    let [rust, c] = both("{}").map(Result::unwrap);
    let mut random = Random(3);
    let (mut allowed, mut obliged, mut denied) = (0, 0, 0);
    for round in 0..100_000 {
        let ask = random.ask();
        let ours = answered(&ask, &mut |request, decision| rust.authorize(request, decision));
        let theirs = answered(&ask, &mut |request, decision| c.authorize(request, decision));
        assert_eq!(ours, theirs, "round {round} of seed 3: {ask:?}");
        match ours.unwrap() {
            one if !one.allow => denied += 1,
            one if one.obligations.is_empty() => allowed += 1,
            _ => obliged += 1,
        }
    }
    assert!(allowed > 10_000 && obliged > 1_000 && denied > 10_000, "{allowed} {obliged} {denied}");
}
