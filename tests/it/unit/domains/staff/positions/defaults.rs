use kith::domains::staff::positions::defaults::*;
use kith::domains::staff::positions::model::Kind;
use kith::permissions::catalogue::{Holder, by_number};

#[test]
fn r4_2_every_kind_has_locked_defaults_and_none_is_high_risk() {
    for default in &DEFAULTS {
        assert!(!default.locked.is_empty(), "{:?}", default.kind);
        for number in default.locked.iter().chain(default.open) {
            let entry = by_number(*number);
            assert!(entry.is_some_and(|e| !e.high_risk && e.holder == Holder::Staff), "{number}");
        }
        assert!(default.open.iter().all(|n| !default.locked.contains(n)));
        assert_eq!(DEFAULTS.iter().filter(|other| other.kind == default.kind).count(), 1);
    }
    assert!(Kind::Supervisor.rank() > Kind::Finance.rank());
}
