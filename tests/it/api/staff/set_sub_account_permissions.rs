//! `setSubAccountPermissions`: tick and save.

use serde_json::{Value, json};

use super::crew::{Crew, codes};
use crate::support::app::{Answer, Persona};

async fn set(crew: &Crew, who: &Persona, whom: &Persona, ticked: &[&str]) -> Answer {
    let input = json!({ "subAccountId": whom.id, "permissions": ticked });
    crew.call(
        who,
        "setSubAccountPermissions",
        input,
        "subAccount { permissions { code source limited } grants { effect } }",
    )
    .await
}

fn held(answer: &Value) -> Vec<String> {
    codes(&answer["setSubAccountPermissions"]["subAccount"]["permissions"])
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_15_tick_and_save_makes_it_exactly_what_is_ticked() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "refund.approve", json!({ "perAction": { "amount": "200" } })).await;
    crew.grant(&agent, "red_packet.send", json!(null)).await;
    // Off: a grant and one of the position's. On: a high-risk one. The limited one stays ticked, and limited.
    let ticked = ["item.read", "order.read", "refund.read", "refund.approve", "item.delete", "item.delete"];
    let answer = set(&crew, &crew.owner, &agent, &ticked).await.data();
    assert_eq!(held(&answer), ["item.read", "item.delete", "order.read", "refund.read", "refund.approve"]);
    let approve = &answer["setSubAccountPermissions"]["subAccount"]["permissions"][4];
    assert_eq!((&approve["source"], &approve["limited"]), (&json!("GRANT"), &json!(true)));
    assert_eq!(crew.held(&agent).await, held(&answer));
    // Back to what the position gives: no grant is left over.
    let base = ["item.read", "order.read", "refund.read", "refund.reject", "refund.review", "desk.serve"];
    let answer = set(&crew, &crew.owner, &agent, &base).await.data();
    assert_eq!(held(&answer), base);
    assert_eq!(answer["setSubAccountPermissions"]["subAccount"]["grants"], json!([]));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_15_what_cannot_be_so_changes_nothing() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let before = crew.held(&agent).await;
    let locked = ["item.read", "order.read", "refund.read"];
    for (ticked, code) in [
        (vec!["item.read"], "LOCKED_BY_POSITION"),
        (vec![], "LOCKED_BY_POSITION"),
        ([&locked[..], &["bought_items.read"]].concat(), "MAIN_ACCOUNT_ONLY"),
        ([&locked[..], &["platform.audit.read"]].concat(), "PLATFORM_ONLY"),
        ([&locked[..], &["item.delete", "no.such"]].concat(), "UNKNOWN_PERMISSION"),
    ] {
        assert_eq!(set(&crew, &crew.owner, &agent, &ticked).await.user_error("setSubAccountPermissions"), code);
        assert_eq!(crew.held(&agent).await, before, "{ticked:?}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_ticking_is_granting() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let peer = crew.hire("peer", "OTHER").await;
    assert_eq!(set(&crew, &agent, &peer, &["item.read"]).await.code(), "FORBIDDEN");
    crew.grant(&agent, "permission.grant", json!(null)).await;
    crew.grant(&agent, "refund.approve", json!({ "perAction": { "amount": "200" } })).await;
    for (whom, ticked, code) in [
        (&agent, vec!["item.read"], "ONESELF"),
        (&boss, vec!["item.read"], "ABOVE_OWN_RANK"),
        (&peer, vec!["item.read", "item.delete"], "PERMISSION_NOT_HELD"),
        (&peer, vec!["item.read", "refund.approve"], "WIDER_THAN_OWN"),
        (&peer, vec!["item.read", "refund.read"], ""),
    ] {
        let answer = set(&crew, &agent, whom, &ticked).await;
        assert_eq!(answer.user_error("setSubAccountPermissions"), code, "{ticked:?}: {answer:?}");
    }
    crew.stop().await;
}
