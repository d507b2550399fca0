use rand::{RngExt, SeedableRng};

use kith::domains::shops::red_packets::model::*;

#[test]
fn shares_add_up_to_the_budget_and_nobody_gets_nothing() {
    let mut random = rand::rngs::StdRng::seed_from_u64(20);
    for round in 0..2_000 {
        let shares = random.random_range(1..=if round % 10 == 0 { 1_000 } else { 20 });
        let budget = match round % 4 {
            0 => i64::from(shares),
            1 => i64::from(shares) + random.random_range(0..10),
            2 => random.random_range(i64::from(shares)..100_000_000),
            _ => i64::MAX - random.random_range(0..1_000),
        };
        for how in [Split::Equal, Split::Random] {
            let all = split(budget, shares, how, &mut random);
            assert_eq!(all.len(), usize::try_from(shares).unwrap_or(0));
            assert_eq!(all.iter().map(|n| i128::from(*n)).sum::<i128>(), i128::from(budget), "{budget} / {shares}");
            assert!(all.iter().all(|share| *share > 0), "{budget} / {shares}: {all:?}");
        }
        let equal = split(budget, shares, Split::Equal, &mut random);
        assert!(equal.iter().max().zip(equal.iter().min()).is_some_and(|(most, least)| most - least <= 1));
    }
}

#[test]
fn a_seed_gives_the_same_split_and_another_one_another() {
    let of = |seed| split(10_000, 10, Split::Random, &mut rand::rngs::StdRng::seed_from_u64(seed));
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}
