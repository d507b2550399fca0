use kith::kernel::ids::GrantId;
use kith::permissions::catalogue::Number;
use kith::permissions::codes::Counting;
use kith::permissions::constraints::Constraints;
use kith::permissions::resolve::*;
use kith::permissions::store::GrantRow;

fn grant(permission: Number, allows: bool, constraints: Constraints) -> GrantRow {
    GrantRow { id: GrantId::generate(), permission, allows, constraints }
}

#[test]
fn r5_1_deny_by_default_and_grants_override_the_position() {
    let limit = Constraints { per_action: Some(200), ..Default::default() };
    let set = EffectiveSet::compose(
        7,
        &[1, 10, 11],
        &[grant(12, true, limit.clone()), grant(10, false, Constraints::default())],
        &Counting::default(),
    );
    assert!(set.has(1) && set.has(11) && set.has(12));
    assert!(!set.has(10), "a DENY takes away what the position gives");
    assert!(!set.has(13), "nothing that was never given");
    assert!(set.is_limited(12) && !set.is_limited(11));
    assert_eq!(set.held(12).map(|h| &h.constraints), Some(&limit));
    assert!(!EffectiveSet::default().has(0));
    let dormant = EffectiveSet::compose(7, &[1024], &[grant(1025, true, limit)], &Counting::default());
    assert!(!dormant.has(1024) && !dormant.has(1025) && dormant.held(1025).is_none(), "nobody holds a dormant code");
}
