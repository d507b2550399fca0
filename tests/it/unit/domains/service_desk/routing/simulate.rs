use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;

use kith::domains::service_desk::routing::model::{Agent, Reason};
use kith::domains::service_desk::routing::simulate::*;
use kith::kernel::Instant;
use kith::kernel::ids::{AccountId, ConversationId, SubAccountId};
use kith::permissions::shifts::{DAY, Roster, Shift};

fn world() -> (Vec<Recorded>, Vec<Staff>) {
    let start: Instant = "2026-11-20T01:00:00Z".parse().unwrap();
    let recorded = (0..300).map(|at| Recorded {
        id: ConversationId::generate(),
        buyer: AccountId::generate(),
        group: None,
        opened_at: start + TimeDelta::seconds(at * 60),
        answered_after: (at % 3 != 0).then(|| TimeDelta::seconds(300 + at)),
        dedicated: None,
    });
    let agent = || Agent { id: SubAccountId::generate(), group: None, weight: 10, waiting: 3, last_assigned_at: None };
    let staff = (0..4).map(|_| Staff { agent: agent(), roster: Roster::default() });
    (recorded.collect(), staff.collect())
}

#[test]
fn r4_17_the_same_seed_gives_the_same_day_and_other_weights_another() {
    let (recorded, mut staff) = world();
    let day = |staff: &[Staff], seed| replay(recorded.clone(), staff.to_vec(), Tz::UTC, 4, seed);
    assert_eq!(day(&staff, 7), day(&staff, 7));
    assert_ne!(day(&staff, 7).decisions, day(&staff, 8).decisions, "what is drawn is drawn otherwise");
    let even = day(&staff, 7);
    assert_eq!(even.agents.values().map(|share| share.conversations).sum::<u32>(), 300);
    assert_eq!(even.reasons, BTreeMap::from([(Reason::Group, 300)]));
    assert_eq!(even.decisions.len(), 300);
    let first = staff[0].agent.id;
    staff[0].agent.weight = 90;
    let heavier = day(&staff, 7);
    assert!(heavier.agents[&first].conversations > even.agents[&first].conversations * 3 / 2, "{heavier:?}");
    staff.truncate(1);
    let alone = day(&staff, 7);
    assert!(alone.reasons[&Reason::AllBusy] > 50 && alone.agents[&first].most_waiting == 5, "{alone:?}");
}

#[test]
fn r4_17_whoever_has_shifts_is_there_on_shift_only() {
    let (recorded, mut staff) = world();
    staff.truncate(2);
    // Friday 01:00 to 03:00: the first two of the day's five hours.
    let first = staff[0].agent.id;
    staff[0].roster = Roster::of(vec![Shift { starts: 4 * DAY + 60, minutes: 120 }]);
    let day = replay(recorded.clone(), staff, Tz::UTC, 1_000, 7);
    let at = |id| recorded.iter().position(|one| one.id == id).unwrap();
    let mine: Vec<usize> =
        day.decisions.iter().filter(|(_, routed)| routed.agent == Some(first)).map(|(id, _)| at(*id)).collect();
    assert!(mine.len() > 40 && mine.iter().all(|at| *at < 120), "{mine:?}");
}
