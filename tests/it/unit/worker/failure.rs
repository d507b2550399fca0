use kith::kernel::Fault;
use kith::worker::failure::*;

#[test]
fn tries_become_rarer_but_never_cease() {
    let seconds: Vec<i64> = [1, 2, 3, 12, 13, 14, 70, i32::MAX].map(|n| back_off(n).num_seconds()).to_vec();
    assert_eq!(seconds, [1, 2, 4, 2048, 3600, 3600, 3600, 3600]);
    assert_eq!(back_off(0).num_seconds(), 1);
}

#[test]
fn h35_an_error_is_kept_without_values() {
    let fault = Fault::internal("cannot read \"wang@example.com\" of 13812345634, card 4111-1111: `x` a@b.c later");
    let text = describe(&fault);
    for canary in ["wang", "13812345634", "4111", "a@b.c"] {
        assert!(!text.contains(canary), "{text}");
    }
    assert!(text.starts_with("cannot read \"***\" of ***"), "{text}");
    assert!(describe(&Fault::internal("é".repeat(900))).chars().count() <= 200);
    assert!(!describe(&Fault::internal("open \"secret")).contains("secret"));
}
