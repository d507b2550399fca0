//! `updatePosition`.

use serde_json::json;

use super::crew::{Crew, codes};
use crate::support::app::{Answer, Persona};

async fn update(crew: &Crew, who: &Persona, position: &str, codes: &[&str]) -> Answer {
    let input = json!({ "positionId": position, "permissions": codes });
    crew.call(who, "updatePosition", input, "position { name permissions { code locked } }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_locked_permissions_stay_and_the_others_change_for_everybody_at_once() {
    let crew = Crew::start().await;
    let service = crew.position("CUSTOMER_SERVICE");
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let refused = update(&crew, &crew.owner, &service, &["item.read", "order.read"]).await;
    assert_eq!(refused.user_error("updatePosition"), "LOCKED_BY_POSITION");
    let wanted = ["item.read", "order.read", "refund.read", "decoration.update"];
    let changed = update(&crew, &crew.owner, &service, &wanted).await.data();
    let mut now = codes(&changed["updatePosition"]["position"]["permissions"]);
    now.sort();
    assert_eq!(now, ["decoration.update", "item.read", "order.read", "refund.read"]);
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read", "refund.read", "decoration.update"]);
    // Taken and given again at the same moment of the clock.
    update(&crew, &crew.owner, &service, &["item.read", "order.read", "refund.read"]).await.data();
    update(&crew, &crew.owner, &service, &wanted).await.data();
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read", "refund.read", "decoration.update"]);
    let refused = update(&crew, &crew.owner, &service, &["item.read", "order.read", "refund.read", "funds.read"]).await;
    assert_eq!(refused.user_error("updatePosition"), "HIGH_RISK");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_a_position_is_renamed_to_a_free_name() {
    let crew = Crew::start().await;
    let service = crew.position("CUSTOMER_SERVICE");
    let rename = |name: &'static str| {
        let input = json!({ "positionId": service, "name": name });
        crew.call(&crew.owner, "updatePosition", input, "position { name permissions { code } }")
    };
    assert_eq!(rename("Finance").await.user_error("updatePosition"), "NAME_TAKEN");
    let renamed = rename("Front desk").await.data();
    assert_eq!(renamed["updatePosition"]["position"]["name"], "Front desk");
    assert_eq!(renamed["updatePosition"]["position"]["permissions"].as_array().unwrap().len(), 6, "the rest stays");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_edits_their_own_position_or_one_above_or_beyond_themselves() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let (own, above, other) = (crew.position("CUSTOMER_SERVICE"), crew.position("SUPERVISOR"), crew.position("OTHER"));
    assert_eq!(update(&crew, &agent, &other, &["item.read"]).await.code(), "FORBIDDEN");
    crew.grant(&agent, "position.manage", json!(null)).await;
    let base = ["item.read", "order.read", "refund.read"];
    assert_eq!(update(&crew, &agent, &own, &base).await.user_error("updatePosition"), "ONESELF");
    assert_eq!(update(&crew, &agent, &above, &base).await.user_error("updatePosition"), "ABOVE_OWN_RANK");
    let beyond = update(&crew, &agent, &other, &["item.read", "refund.approve"]).await;
    assert_eq!(beyond.user_error("updatePosition"), "PERMISSION_NOT_HELD");
    assert_eq!(update(&crew, &agent, &other, &["item.read", "order.read"]).await.user_error("updatePosition"), "");
    crew.stop().await;
}
