//! Step 7 of the story: a removed service's grants wait, shown as such, and come back with it (requirement 5.9).

use serde_json::{Value, json};

use super::kit::Kit;
use crate::support::app::Persona;

async fn shown(kit: &Kit, who: &Persona) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on SubAccount {
        permissions { code } grants { active permission { code active } } } } }";
    kit.app.ok(&kit.owner, query, json!({ "id": who.id })).await["node"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_grants_of_a_removed_service_wait_and_come_back() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &["item.read"]).await;
    kit.grant(&clerk, "small.use", json!({ "countPerDay": 3 })).await.data();
    assert!(kit.used(&clerk, "small.use").await.is_ok());

    kit.folder().remove("small-1");
    kit.look().await;
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "PERMISSION_DORMANT");
    assert_eq!(kit.used(&kit.owner, "small.use").await.unwrap_err().reason, "PERMISSION_DORMANT");
    assert_eq!(kit.catalogue().await, Vec::<String>::new());
    let seen = shown(&kit, &clerk).await;
    assert_eq!(seen["permissions"], json!([{ "code": "item.read" }]), "held by nobody");
    assert_eq!(seen["grants"], json!([{ "active": false, "permission": { "code": "small.use", "active": false } }]));
    let other = kit.clerk("other", &[]).await;
    assert_eq!(kit.grant(&other, "small.use", json!(null)).await.user_error("grantPermission"), "PERMISSION_DORMANT");
    // Tick and save on the page where it cannot be ticked takes nothing of it away.
    let save = "mutation($input: SetSubAccountPermissionsInput!) { setSubAccountPermissions(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "subAccountId": clerk.id, "permissions": ["item.read", "order.read"] } });
    let saved = kit.app.run(Some(&kit.owner.token), save, input).await;
    assert_eq!(saved.user_error("setSubAccountPermissions"), "", "{:#}", saved.0);

    kit.folder().small(1, &[]);
    kit.look().await;
    assert!(kit.used(&clerk, "small.use").await.is_ok(), "back, and so is what was used");
    assert!(kit.used(&clerk, "small.use").await.is_ok());
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "LIMIT_COUNT_PER_DAY");
    assert_eq!(shown(&kit, &clerk).await["grants"][0]["active"], true);
    kit.app.verified().await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_grants_wait_while_the_shop_does_not_have_the_service() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    kit.grant(&clerk, "small.use", json!(null)).await.data();
    // The actor of a request that began before: the command checks again (requirement 5.5).
    let before = super::using::actor(&kit.app, &clerk).await;
    {
        let mut conn = kit.app.door.db.get::<std::convert::Infallible>().await.unwrap();
        assert!(kith::permissions::codes::unsubscribe(&mut conn, kit.shop_id(), "small", kit.app.now()).await.unwrap());
    }
    let late = super::using::used_by(&kit.app, before, kit.shop_id(), "small.use").await;
    assert_eq!(late.unwrap_err().reason, "NOT_SUBSCRIBED");
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "NOT_SUBSCRIBED");
    assert_eq!(shown(&kit, &clerk).await["grants"][0]["active"], false);
    kit.subscribe("small").await;
    assert!(kit.used(&clerk, "small.use").await.is_ok());
    kit.stop().await;
}

/// Contract, "Reload": a code whose risk grew needs the seller's consent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_whose_risk_grew_waits_for_the_sellers_consent() {
    let kit = Kit::start().await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    kit.grant(&clerk, "small.use", json!(null)).await.data();
    let trusting = kit.clerk("trusting", &["small.use"]).await;
    assert!(kit.used(&trusting, "small.use").await.is_ok(), "by its position");
    kit.folder().small(2, &["-DHIGH"]);
    kit.look().await;
    kit.app.clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "");
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "CONSENT_NEEDED");
    kit.app.clock.advance(chrono::TimeDelta::minutes(1));
    kit.subscribe("small").await;
    assert!(kit.used(&clerk, "small.use").await.is_ok());
    let denial = kit.used(&trusting, "small.use").await.unwrap_err();
    assert_eq!(denial.reason, "PERMISSION_MISSING", "high-risk ones come by no position (requirement 4.14)");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_what_was_held_before_a_service_was_removed_can_be_asked() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    kit.grant(&clerk, "small.use", json!(null)).await.data();
    kit.app.clock.advance(chrono::TimeDelta::minutes(1));
    let then = kit.app.now();
    kit.app.clock.advance(chrono::TimeDelta::minutes(1));
    kit.folder().remove("small-1");
    kit.look().await;
    kit.app.clock.advance(chrono::TimeDelta::minutes(1));
    let query = "query($shop: ID!, $at: DateTime) { shop(id: $shop) { whoCould(permission: \"small.use\", at: $at) { total } } }";
    let total = async |at: Value| {
        kit.app.ok(&kit.owner, query, json!({ "shop": kit.shop, "at": at })).await["shop"]["whoCould"]["total"].clone()
    };
    assert_eq!(total(json!(then.to_rfc3339())).await, 2, "the main account and the clerk");
    assert_eq!(total(Value::Null).await, 0);
    kit.stop().await;
}
