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

/// Requirement 5.6 for a service that is gone: the answer names it, shows the grant that waits, and what would help if anything.
#[tokio::test(flavor = "multi_thread")]
async fn r5_6_explain_says_why_a_services_code_counts_for_nobody_and_what_waits() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    kit.grant(&clerk, "small.use", json!(null)).await.data();
    let explained = async |who: &Persona, permission: &str| {
        let query = "query($p: String!) { explain(input: { permission: $p }) {
            allowed denial { reason message } path { kind text sourceId } smallestChange { kind text } } }";
        kit.app.ok(who, query, json!({ "p": permission })).await["explain"].clone()
    };
    assert_eq!(explained(&clerk, "small.use").await["allowed"], true);
    kit.folder().remove("small-1");
    kit.look().await;
    let gone = explained(&clerk, "small.use").await;
    assert_eq!((&gone["allowed"], &gone["denial"]["reason"]), (&json!(false), &json!("PERMISSION_DORMANT")), "{gone}");
    let path = gone["path"].as_array().unwrap();
    let kinds: Vec<&str> = path.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["SERVICE", "GRANT"], "the service, and what waits for it");
    assert_eq!(path[0]["sourceId"], "small");
    assert!(path[0]["text"].as_str().unwrap().contains("The service small is gone"), "{gone}");
    assert!(path[1]["sourceId"].as_str().unwrap().starts_with("grant_"), "{gone}");
    assert_eq!(gone["smallestChange"], Value::Null, "nobody in the shop can bring it back");
    let owner = explained(&kit.owner, "small.use").await;
    assert_eq!(
        (&owner["denial"]["reason"], owner["path"].as_array().unwrap().len()),
        (&json!("PERMISSION_DORMANT"), 1)
    );

    kit.folder().small(1, &[]);
    kit.look().await;
    kit.app.sql("UPDATE shop_services SET valid_to = now()").await;
    let left = explained(&clerk, "small.use").await;
    assert_eq!(
        (&left["denial"]["reason"], &left["smallestChange"]["kind"]),
        (&json!("NOT_SUBSCRIBED"), &json!("SUBSCRIBE"))
    );
    kit.subscribe("small").await;
    let heading = explained(&clerk, "small").await;
    assert_eq!((&heading["allowed"], &heading["denial"]["reason"]), (&json!(false), &json!("PERMISSION_MISSING")));
    assert!(heading["path"][0]["text"].as_str().unwrap().contains("heading"), "{heading}");
    kit.stop().await;
}

/// A file that goes while no server looks: at first the service only does not answer, since another server may have it; when
/// none has, its codes are dormant, and come back with it.
#[tokio::test(flavor = "multi_thread")]
async fn r5_9_what_went_while_no_server_looked_is_dormant_once_no_server_has_it() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    kit.grant(&clerk, "small.use", json!(null)).await.data();
    // A server that starts with an empty folder, beside one that has the file.
    let empty = super::kit::Folder::new();
    let later = kith::domains::plugins::Keeper::new(&kit.app.door, empty.settings());
    later.look().await.unwrap();
    for _ in 0..8 {
        kit.app.clock.advance(chrono::TimeDelta::seconds(20));
        kit.look().await;
        later.look().await.unwrap();
    }
    assert!(kit.used(&clerk, "small.use").await.is_ok(), "the other one tells that it has it");
    // The other one ends; its file goes with it.
    for round in 0..3 {
        assert!(kit.used(&clerk, "small.use").await.is_ok(), "{round}");
        kit.app.clock.advance(chrono::TimeDelta::seconds(20));
        later.look().await.unwrap();
    }
    kit.app.clock.advance(chrono::TimeDelta::seconds(20));
    later.look().await.unwrap();
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "PERMISSION_DORMANT");
    assert_eq!(shown(&kit, &clerk).await["grants"][0]["active"], false);
    // Written anew, it is back. A second look of the server that has the old file brings nothing back by itself.
    kit.look().await;
    assert_eq!(kit.used(&clerk, "small.use").await.unwrap_err().reason, "PERMISSION_DORMANT");
    kit.folder().small(1, &[]);
    kit.look().await;
    assert!(kit.used(&clerk, "small.use").await.is_ok());
    kit.app.verified().await;
    kit.stop().await;
}

/// A server that has just started waits for its own slow start before it takes anybody for gone.
#[tokio::test(flavor = "multi_thread")]
async fn r5_9_a_server_that_was_down_for_long_removes_nothing_at_its_start() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.app.clock.advance(chrono::TimeDelta::hours(3));
    let empty = super::kit::Folder::new();
    let later = kith::domains::plugins::Keeper::new(&kit.app.door, empty.settings());
    later.look().await.unwrap();
    assert_eq!(kit.catalogue().await, ["small", "small.use"]);
    kit.stop().await;
}

/// Requirement 5.5: whoever changes what services there are, have and are set to, and however, the next request knows.
#[tokio::test(flavor = "multi_thread")]
async fn r5_5_h16_whatever_changes_of_a_service_moves_the_epochs_of_its_shops_alone() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DEXTRA"]);
    kit.look().await;
    kit.subscribe("small").await;
    let other = kit.app.account("other").await;
    let stranger: kith::kernel::ids::ShopId = kit.app.shop(&other).await.parse().unwrap();
    let epochs = async || {
        let mut conn = kit.app.door.db.get::<std::convert::Infallible>().await.unwrap();
        let mine = kith::permissions::store::epoch(&mut conn, kit.shop_id()).await.unwrap();
        (mine, kith::permissions::store::epoch(&mut conn, stranger).await.unwrap())
    };
    let shop = kith::kernel::ids::TypedId::uuid(kit.shop_id());
    let mut before = epochs().await;
    for change in [
        "UPDATE permission_codes SET high_risk = true WHERE code = 'small.use'".to_owned(),
        "UPDATE permission_codes SET state = 'DORMANT' WHERE service = 'small'".to_owned(),
        "INSERT INTO permission_codes SELECT number + 100, code || '.x', service, parent, ordinal, title_en, title_zh, help,
           heading, money, high_risk, risk_grew_at, state, changed_at FROM permission_codes WHERE code = 'small.use'"
            .to_owned(),
        format!("INSERT INTO service_settings VALUES ('{shop}', gen_random_uuid(), 'small', NULL, '{{\"a\": 1}}', 'x', now())"),
        "UPDATE service_settings SET settings = '{}'".to_owned(),
        "DELETE FROM service_settings".to_owned(),
        "UPDATE shop_services SET consented_at = now()".to_owned(),
        "UPDATE shop_services SET valid_to = now()".to_owned(),
        format!("INSERT INTO shop_services VALUES ('{shop}', 'small', now(), NULL, now())"),
        "DELETE FROM shop_services".to_owned(),
    ] {
        kit.app.sql(&change).await;
        let after = epochs().await;
        assert!(after.0 > before.0, "{change}");
        assert_eq!(after.1, before.1, "a shop that it does not concern: {change}");
        before = after;
    }
    kit.app.sql("UPDATE permission_codes SET high_risk = false").await;
    assert_eq!(epochs().await, before, "nobody has the service any more");
    kit.stop().await;
}
