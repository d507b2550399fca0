//! `inviteManager`.

use serde_json::json;

use super::crew::Crew;
use crate::support::app::{Answer, Persona};

pub async fn invite(crew: &Crew, who: &Persona, login: &str, name: &str, kind: &str) -> Answer {
    let input = json!({ "shopId": crew.shop, "login": login, "name": name, "positionId": crew.position(kind) });
    crew.call(who, "inviteManager", input, "subAccount { id state hasOwnAccount permissions { code } }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_19_an_account_is_asked_once_for_each_shop() {
    let crew = Crew::start().await;
    let manager = crew.app.account("manager").await;
    let asked = invite(&crew, &crew.owner, &manager.login, "mo", "SUPERVISOR").await;
    let seat = &asked.0["data"]["inviteManager"]["subAccount"];
    assert_eq!((&seat["state"], &seat["permissions"]), (&json!("INVITED"), &json!([])), "{asked:?}");
    assert_eq!(seat["hasOwnAccount"], true);
    // Asked is not accepted: there is no seat yet.
    assert_eq!(crew.lists_refunds(&manager).await, "FORBIDDEN");
    for (login, name, code) in [
        (manager.login.as_str(), "mo2", "ALREADY_STAFF"),
        (crew.owner.login.as_str(), "me", "OWN_ACCOUNT"),
        ("nobody-at-all", "no", "ACCOUNT_UNKNOWN"),
        ("", "no", "ACCOUNT_UNKNOWN"),
        (manager.login.as_str(), "MO", "NAME_TAKEN"),
    ] {
        let answer = invite(&crew, &crew.owner, login, name, "OTHER").await;
        assert_eq!(answer.user_error("inviteManager"), code, "{login} {name}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_invites_above_themselves() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "sub_account.create", json!(null)).await;
    let manager = crew.app.account("manager").await;
    let answer = invite(&crew, &agent, &manager.login, "mo", "SUPERVISOR").await;
    assert_eq!(answer.user_error("inviteManager"), "ABOVE_OWN_RANK");
    let answer = invite(&crew, &agent, &manager.login, "mo", "OPERATIONS").await;
    assert_eq!(answer.user_error("inviteManager"), "PERMISSION_NOT_HELD");
    crew.stop().await;
}
