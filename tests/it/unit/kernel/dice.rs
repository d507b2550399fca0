use kith::kernel::dice::*;

#[test]
fn the_same_seed_rolls_the_same_and_every_side_comes_up() {
    let rolls = |seed| {
        let dice = SeededDice::new(seed);
        (0..600).map(|_| dice.below(6)).collect::<Vec<_>>()
    };
    assert_eq!(rolls(7), rolls(7));
    assert_ne!(rolls(7), rolls(8));
    for side in 0..6 {
        let times = rolls(7).iter().filter(|roll| **roll == side).count();
        assert!((50..150).contains(&times), "{side}: {times}");
    }
    assert_eq!((SystemDice.below(0), SystemDice.below(1)), (0, 0));
}
