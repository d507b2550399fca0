use kith::domains::certification::reviews::model::*;
use kith::kernel::ids::{AccountId, TypedId};

#[test]
fn r2_7_each_day_gets_its_share_and_always_the_same() {
    let accounts: Vec<AccountId> = (0..6_000).map(|_| AccountId::from_uuid(uuid::Uuid::new_v4())).collect();
    let mut days = [0_u32; 30];
    for account in &accounts {
        let day = share(*account, 30);
        assert_eq!(day, share(*account, 30));
        days[usize::try_from(day).unwrap_or(0)] += 1;
    }
    assert!(days.iter().all(|share| (140..=270).contains(share)), "{days:?}");
}
