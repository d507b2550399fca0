use chrono::TimeDelta;

use kith::config::{Association, SignalWeight};
use kith::domains::association::signals::model::*;
use kith::kernel::Instant;
use kith::kernel::ids::{AccountId, SignalId};

fn figures() -> Association {
    let one = |weight| SignalWeight { weight, half_life_days: 10 };
    Association {
        device: one(60),
        ip: one(15),
        together: one(70),
        real_name: one(30),
        phone: one(80),
        email: one(80),
        address: one(50),
        max_degree: 50,
        min_score: 20,
        max_shown: 3,
        max_associated: 5,
        request_lives_days: 7,
    }
}

fn now() -> Instant {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

fn shared(other: AccountId, kind: Kind, degree: i32, days: i64) -> Shared {
    Shared {
        other,
        kind,
        signal: SignalId::generate(),
        degree,
        own_seen_at: now(),
        other_seen_at: now() - TimeDelta::days(days),
        contested: false,
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "scores are rounded to hundredths")]
fn r1_5_evidence_adds_up_fades_and_is_divided_among_those_who_share_it() {
    let other = AccountId::generate();
    let score = |values: &[(Kind, i32, i64)]| {
        let values = values.iter().map(|(kind, degree, days)| shared(other, *kind, *degree, *days)).collect();
        possible(values, &Association { min_score: 0, ..figures() }, now()).first().map_or(0.0, |p| p.score)
    };
    assert_eq!(score(&[(Kind::Device, 2, 0)]), 0.6);
    assert_eq!(score(&[(Kind::Device, 2, 0), (Kind::Ip, 2, 0)]), 0.66, "the device and the network say more");
    assert_eq!(score(&[(Kind::Device, 2, 10)]), 0.3, "half after the half-life");
    assert_eq!(score(&[(Kind::Device, 2, 20)]), 0.15);
    assert_eq!(score(&[(Kind::Device, 4, 0)]), 0.2, "one of three others");
    assert_eq!(score(&[(Kind::Device, 2, -5)]), 0.6, "a clock that was set back");
    assert!(score(&[(Kind::Phone, 2, 0), (Kind::Email, 2, 0), (Kind::Together, 2, 0), (Kind::Address, 2, 0)]) <= 1.0);
}

#[test]
fn what_says_little_is_not_told_and_no_more_than_so_many_are() {
    let ids: Vec<AccountId> = (0..5).map(|_| AccountId::generate()).collect();
    let lonely = possible(vec![shared(ids[0], Kind::Ip, 2, 0)], &figures(), now());
    assert!(lonely.is_empty(), "a network alone is no evidence");
    let many = ids.iter().enumerate().map(|(at, id)| shared(*id, Kind::Phone, 2, i64::try_from(at).unwrap()));
    let told = possible(many.collect(), &figures(), now());
    assert_eq!(told.iter().map(|p| p.other).collect::<Vec<_>>(), ids[..3], "the likeliest first");
    let contested = Shared { contested: true, ..shared(ids[0], Kind::Phone, 2, 0) };
    assert!(possible(vec![contested], &figures(), now()).is_empty());
}

#[test]
fn names_are_hidden_but_for_their_first_letter() {
    assert_eq!(masked_name("韩梅梅"), "韩***");
    assert_eq!(masked_name("Li"), "L***");
    assert_eq!(masked_name(""), "***");
}
