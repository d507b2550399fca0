use kith::domains::intimate_pay::relations::terms::*;
use kith::permissions::constraints::Hours;

fn terms(allowed: &[&str], blocked: &[&str]) -> Terms {
    let list = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
    Terms {
        monthly_cap: 100_000,
        per_payment: None,
        step_up_above: None,
        allowed: list(allowed),
        blocked: list(blocked),
        hours: None,
        emergency: Some(Emergency { category: "medicine".to_owned(), cap: 50_000 }),
    }
}

#[test]
fn r0_9_categories_are_allowed_blocked_or_the_emergency() {
    assert!(terms(&[], &["games"]).allows("books") && !terms(&[], &["games"]).allows("games"));
    assert!(terms(&["books"], &[]).allows("books") && !terms(&["books"], &[]).allows("games"));
    assert!(terms(&["books"], &[]).allows("medicine"), "the emergency purchase needs no list");
    assert!(!terms(&[], &["medicine"]).allows("medicine"), "blocked is blocked");
    assert!(terms(&[], &[]).exempt("medicine").is_some() && terms(&[], &[]).exempt("books").is_none());
}

#[test]
fn r0_9_every_way_to_allow_more_is_wider_and_no_way_to_allow_less_is() {
    type Change = (fn(&mut Terms), fn(&mut Terms));
    let hours = |from, until| Some(Hours { from, until });
    let changes: [Change; 9] = [
        (|t| t.monthly_cap = 1_000, |t| t.monthly_cap = 1_001),
        (|t| t.per_payment = Some(10), |t| t.per_payment = None),
        (|t| t.step_up_above = Some(10), |t| t.step_up_above = None),
        (|t| t.step_up_above = Some(10), |t| t.step_up_above = Some(11)),
        (|t| t.blocked = vec!["games".to_owned()], |t| t.blocked.clear()),
        (|t| t.allowed = vec!["books".to_owned()], |t| t.allowed.clear()),
        (|t| t.allowed = vec!["books".to_owned()], |t| t.allowed = vec!["books".to_owned(), "games".to_owned()]),
        (|t| t.emergency = None, |t| t.emergency = Some(Emergency { category: "food".to_owned(), cap: 1 })),
        (
            |t| t.emergency = Some(Emergency { category: "medicine".to_owned(), cap: 9 }),
            |t| t.emergency = Some(Emergency { category: "games".to_owned(), cap: 9 }),
        ),
    ];
    for (at, (less, more)) in changes.iter().enumerate() {
        let (mut narrow, mut wide) = (terms(&[], &[]), terms(&[], &[]));
        less(&mut narrow);
        more(&mut wide);
        assert!(wide.wider_than(&narrow), "{at}");
        assert!(!wide.wider_than(&wide) && !narrow.wider_than(&narrow), "{at}: the same is no more");
    }
    let at = |from, until| Terms { hours: hours(from, until), ..terms(&[], &[]) };
    assert!(at(420, 1320).wider_than(&at(421, 1320)) && !at(421, 1320).wider_than(&at(420, 1320)));
    assert!(terms(&[], &[]).wider_than(&at(0, 1439)) && !at(0, 1440).wider_than(&terms(&[], &[])));
    // Less is never more: what was blocked twice over may be named in one list only.
    assert!(!terms(&["books"], &[]).wider_than(&terms(&["books"], &["games"])));
    assert!(terms(&[], &["medicine"]).wider_than(&terms(&["books"], &["medicine"])));
}
