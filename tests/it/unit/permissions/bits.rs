use kith::permissions::bits::*;

#[test]
fn holds_what_was_put_in_and_nothing_else() {
    let set: Bits = [0, 63, 64, 1030].into_iter().collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 1030]);
    for absent in [1, 62, 65, 127, 1029, 1031, u16::MAX] {
        assert!(!set.has(absent), "{absent}");
    }
    assert!(Bits::default().is_empty());
}
