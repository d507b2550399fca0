//! `moveSubAccount`.

use serde_json::json;

use super::crew::Crew;
use crate::support::app::{Answer, Persona};

async fn move_to(crew: &Crew, who: &Persona, whom: &Persona, kind: &str) -> Answer {
    let input = json!({ "subAccountId": whom.id, "positionId": crew.position(kind) });
    crew.call(who, "moveSubAccount", input, "subAccount { position { kind } permissions { code } }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_a_move_changes_what_the_position_gives_and_keeps_grants() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "decoration.update", json!(null)).await;
    // There and back at the same moment of the clock.
    move_to(&crew, &crew.owner, &agent, "OTHER").await.data();
    assert_eq!(crew.held(&agent).await, ["item.read", "decoration.update"]);
    assert_eq!(crew.lists_refunds(&agent).await, "FORBIDDEN", "with the next request");
    move_to(&crew, &crew.owner, &agent, "CUSTOMER_SERVICE").await.data();
    assert_eq!(crew.lists_refunds(&agent).await, "");
    let again = move_to(&crew, &crew.owner, &agent, "CUSTOMER_SERVICE").await;
    assert_eq!(again.user_error("moveSubAccount"), "SAME_POSITION");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_what_the_new_position_has_locked_is_held() {
    let crew = Crew::start().await;
    let open = crew.add_position("Open", 10, &["order.read"]).await;
    let agent = crew.hire_into("agent", &open).await;
    crew.revoke_as(&crew.owner, &agent, "order.read").await.data();
    assert_eq!(crew.held(&agent).await, Vec::<String>::new());
    let moved = move_to(&crew, &crew.owner, &agent, "OPERATIONS").await.data();
    let held = super::crew::codes(&moved["moveSubAccount"]["subAccount"]["permissions"]);
    assert!(held.contains(&"order.read".to_owned()), "{held:?}");
    assert_eq!(crew.held(&agent).await, held, "the payload says what is so");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_moves_themselves_or_above_or_beyond_what_they_hold() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let peer = crew.hire("peer", "OTHER").await;
    assert_eq!(move_to(&crew, &agent, &peer, "FINANCE").await.code(), "FORBIDDEN");
    crew.grant(&agent, "position.manage", json!(null)).await;
    for (whom, kind, code) in [
        (&agent, "OTHER", "ONESELF"),
        (&boss, "OTHER", "ABOVE_OWN_RANK"),
        (&peer, "SUPERVISOR", "ABOVE_OWN_RANK"),
        (&peer, "OPERATIONS", "PERMISSION_NOT_HELD"),
        (&peer, "CUSTOMER_SERVICE", ""),
    ] {
        let answer = move_to(&crew, &agent, whom, kind).await;
        assert_eq!(answer.user_error("moveSubAccount"), code, "{kind}: {answer:?}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_a_move_that_lifts_a_denial_gives_what_was_denied() {
    let crew = Crew::start().await;
    let open = crew.add_position("Open", 10, &["order.read"]).await;
    let agent = crew.hire_into("agent", &open).await;
    crew.revoke_as(&crew.owner, &agent, "order.read").await.data();
    // All that operations gives, but for what is denied.
    let movers = crew.add_position("Movers", 50, &["item.read", "item.create", "decoration.update"]).await;
    let mover = crew.hire_into("mover", &movers).await;
    crew.grant(&mover, "position.manage", json!(null)).await;
    let refused = move_to(&crew, &mover, &agent, "OPERATIONS").await;
    assert_eq!(refused.user_error("moveSubAccount"), "PERMISSION_NOT_HELD", "{refused:?}");
    assert_eq!(crew.held(&agent).await, Vec::<String>::new());
    crew.grant(&mover, "order.read", json!(null)).await;
    move_to(&crew, &mover, &agent, "OPERATIONS").await.data();
    assert!(crew.held(&agent).await.contains(&"order.read".to_owned()));
    crew.app.verified().await;
    crew.stop().await;
}
