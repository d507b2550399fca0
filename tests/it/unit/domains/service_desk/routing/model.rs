use kith::domains::service_desk::routing::model::*;
use kith::kernel::ids::{DeskGroupId, SubAccountId};

fn agent(weight: u32, waiting: u32, group: Option<DeskGroupId>) -> Agent {
    Agent { id: SubAccountId::generate(), group, weight, waiting, last_assigned_at: None }
}

#[test]
fn r4_17_the_order_of_the_rule() {
    let (sale, after) = (DeskGroupId::generate(), DeskGroupId::generate());
    let mut online =
        vec![agent(10, 9, Some(sale)), agent(10, 0, Some(sale)), agent(100, 0, Some(after)), agent(10, 9, None)];
    let ids: Vec<_> = online.iter().map(|agent| agent.id).collect();
    let all = Question { served: Some(ids[0]), dedicated: Some(ids[3]), group: Some(sale), busy_above: 4 };
    let said = |online: &[Agent], question: Question| {
        let routed = route(online, &question);
        (routed.agent, routed.reason)
    };
    assert_eq!(said(&[], all), (None, Reason::NobodyOnline));
    assert_eq!(said(&online, all), (Some(ids[0]), Reason::ServedBefore), "busy or not");
    let gone = SubAccountId::generate();
    assert_eq!(said(&online, Question { served: Some(gone), ..all }), (Some(ids[3]), Reason::Dedicated));
    let neither = Question { served: Some(gone), dedicated: Some(gone), ..all };
    assert_eq!(said(&online, neither), (Some(ids[1]), Reason::Group), "of the group, not the heaviest of another");
    assert_eq!(said(&online, Question { group: None, ..neither }), (Some(ids[2]), Reason::Group), "everybody's page");
    online[1].waiting = 5;
    assert_eq!(said(&online, neither), (None, Reason::AllBusy), "busy above four");
    online[1].waiting = 4;
    assert_eq!(said(&online, neither), (Some(ids[1]), Reason::Group), "four is not above four");
    online[1].weight = 0;
    assert_eq!(said(&online, neither), (None, Reason::AllBusy));
}

#[test]
fn r4_17_work_is_shared_as_the_weights_say() {
    let mut online = vec![agent(30, 0, None), agent(10, 0, None), agent(10, 0, None)];
    let mut got = [0_u32; 3];
    let question = Question { busy_above: 1_000, ..Question::default() };
    for at in 0..500 {
        let chosen = route(&online, &question).agent.unwrap();
        let place = online.iter().position(|agent| agent.id == chosen).unwrap();
        got[place] += 1;
        online[place].waiting += 1;
        online[place].last_assigned_at = chrono::DateTime::from_timestamp(at, 0);
    }
    assert!(got[0].abs_diff(300) <= 2 && got[1].abs_diff(100) <= 2 && got[2].abs_diff(100) <= 2, "{got:?}");
}
