use kith::domains::certification::person::model::*;
use kith::kernel::dice::SeededDice;

#[test]
fn r2_4_gestures_come_from_the_dice_that_are_passed_in() {
    let rolled = |seed| (0..40).map(|_| Gesture::any(&SeededDice::new(seed))).collect::<Vec<_>>();
    assert_eq!(rolled(1), rolled(1));
    let dice = SeededDice::new(3);
    let seen: Vec<Gesture> = (0..200).map(|_| Gesture::any(&dice)).collect();
    for gesture in Gesture::ALL {
        assert!(seen.contains(&gesture), "{gesture:?}");
        assert_eq!(Gesture::parse(gesture.text()), Some(gesture));
    }
}
