use rand::{RngExt, SeedableRng};

use kith::domains::shops::charity::model::*;

/// Whatever is refunded in whatever parts: each step takes back nothing below zero, together exactly what the rule says.
#[test]
fn gifts_are_taken_back_in_parts_without_a_remainder() {
    let mut random = rand::rngs::StdRng::seed_from_u64(26);
    for round in 0..2_000 {
        let total = if round % 5 == 0 { i64::MAX - random.random_range(0..9) } else { random.random_range(1..100_000) };
        let giving = match round % 3 {
            0 => Giving::Amount(random.random_range(1..=total)),
            _ => Giving::Share(random.random_range(1..=WHOLE)),
        };
        let gift = giving.of(total);
        assert!((0..=total).contains(&gift), "{giving:?} of {total}");
        let (mut refunded, mut back) = (0, 0);
        while refunded < total {
            let more = random.random_range(1..=total - refunded);
            let before = standing(gift, total, refunded);
            let after = standing(gift, total, refunded + more);
            assert!((0..=before).contains(&after), "{giving:?} of {total} at {refunded} + {more}");
            // What is left of the sale always covers what stands of the gift.
            assert!(after <= total - refunded - more);
            (refunded, back) = (refunded + more, back + before - after);
            if random.random_range(0..4) == 0 {
                assert_eq!(back + after, gift);
            }
        }
        assert_eq!(back, gift, "all of it came back");
    }
}

#[test]
fn remainders_are_rounded_down() {
    assert_eq!(Giving::Share(1).of(9_999), 0);
    assert_eq!(Giving::Share(1).of(10_000), 1);
    assert_eq!(Giving::Share(333).of(1_000), 33);
    assert_eq!(Giving::Amount(500).of(300), 300);
    assert_eq!(standing(100, 300, 100), 66);
    assert_eq!(standing(100, 300, 200), 33);
    assert_eq!(standing(100, 300, 300), 0);
}

#[test]
fn websites_are_https() {
    assert!(is_website("https://charity.example.org/about"));
    for bad in ["http://charity.example.org", "https://", "https://x y.org", "javascript:alert(1)", "https://a@b.org"] {
        assert!(!is_website(bad), "{bad}");
    }
}
