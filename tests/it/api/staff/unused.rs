//! `unusedPermissions` and `trimUnusedPermissions`.

use chrono::TimeDelta;
use serde_json::json;

use super::crew::Crew;
use crate::support::app::Persona;

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_what_was_not_used_for_a_while_is_named_and_taken_back_in_one_call() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let used = crew.grant(&xiaoli, "item.create", json!({})).await;
    let unused = crew.grant(&xiaoli, "decoration.update", json!({})).await;
    crew.grant(&xiaoli, "audit.read", json!({})).await;
    crew.app.sql("UPDATE sub_accounts SET certified_at = now()").await;
    crew.app.clock.advance(TimeDelta::days(80));
    let owner = Persona { token: crew.app.log_in(&crew.owner.login).await, ..crew.owner.clone() };
    let xiaoli = Persona { token: crew.app.log_in(&xiaoli.login).await, ..xiaoli };
    crew.app.item(&xiaoli, &crew.shop, "10.00").await;
    let query = "query($id: ID!, $days: Int!) { shop(id: $id) {
        unusedPermissions(days: $days) { grantId permission subAccountName usedAt } } }";
    let ask = async |days: i32| {
        let seen = crew.app.ok(&owner, query, json!({ "id": crew.shop, "days": days })).await;
        seen["shop"]["unusedPermissions"].clone()
    };
    assert_eq!(ask(90).await, json!([]), "nothing is that old");
    let seen = ask(60).await;
    assert_eq!(seen.as_array().unwrap().len(), 1, "what was used, and what only lets read, is not named: {seen}");
    assert_eq!((&seen[0]["grantId"], &seen[0]["usedAt"]), (&json!(unused), &json!(null)));
    for days in [0, -1, i32::MAX] {
        let bad = crew.app.run(Some(&owner.token), query, json!({ "id": crew.shop, "days": days })).await;
        assert_eq!(bad.code(), "BAD_USER_INPUT");
        let trim = crew.call(&owner, "trimUnusedPermissions", json!({ "shopId": crew.shop, "days": days }), "grantIds");
        assert_eq!(trim.await.user_error("trimUnusedPermissions"), "DAYS_INVALID");
    }
    let input = json!({ "shopId": crew.shop, "days": 60 });
    assert_eq!(crew.call(&xiaoli, "trimUnusedPermissions", input.clone(), "grantIds").await.code(), "FORBIDDEN");
    let trimmed = crew.call(&owner, "trimUnusedPermissions", input, "grantIds").await.data();
    assert_eq!(trimmed["trimUnusedPermissions"]["grantIds"], json!([unused]));
    let query = "query($id: ID!) { node(id: $id) { ... on SubAccount { permissions { code } } } }";
    let held = super::crew::codes(&crew.app.ok(&owner, query, json!({ "id": xiaoli.id })).await["node"]["permissions"]);
    assert!(held.contains(&"item.create".to_owned()) && !held.contains(&"decoration.update".to_owned()), "{held:?}");
    assert!(used.starts_with("grant_"));
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_grant_that_limits_the_position_stays_because_less_would_be_more() {
    let crew = Crew::start().await;
    let position = crew.add_position("Refunds", 10, &["refund.read", "refund.approve"]).await;
    let clerk = crew.hire_into("clerk", &position).await;
    crew.grant(&clerk, "refund.approve", json!({ "perAction": { "amount": "5" } })).await;
    let spare = crew.grant(&clerk, "decoration.update", json!({})).await;
    let buyer = crew.app.account("buyer").await;
    let item = crew.app.item(&crew.owner, &crew.shop, "100").await;
    let order = crew.app.order(&buyer, &crew.shop, &item, 1).await;
    let refund = crew.app.refund(&buyer, &order, "10").await;
    crew.app.sql("UPDATE sub_accounts SET certified_at = now()").await;
    crew.app.clock.advance(TimeDelta::days(80));
    let owner = Persona { token: crew.app.log_in(&crew.owner.login).await, ..crew.owner.clone() };
    let clerk = Persona { token: crew.app.log_in(&clerk.login).await, ..clerk };
    assert_eq!(crew.app.approve(&clerk, &refund, "before").await.code(), "FORBIDDEN");
    let query = "query($id: ID!) { shop(id: $id) { unusedPermissions(days: 60) { grantId } } }";
    let named = crew.app.ok(&owner, query, json!({ "id": crew.shop })).await;
    assert_eq!(named["shop"]["unusedPermissions"], json!([{ "grantId": spare }]), "{named}");
    let input = json!({ "shopId": crew.shop, "days": 60 });
    let trimmed = crew.call(&owner, "trimUnusedPermissions", input, "grantIds").await.data();
    assert_eq!(trimmed["trimUnusedPermissions"]["grantIds"], json!([spare]));
    let denied = crew.app.approve(&clerk, &refund, "after").await;
    assert_eq!(denied.code(), "FORBIDDEN", "the limit of 5 stands: {denied:?}");
    crew.app.verified().await;
    crew.stop().await;
}

/// However many grants stand before it.
#[tokio::test(flavor = "multi_thread")]
async fn r4_20_what_is_not_used_is_found_behind_more_grants_than_one_page() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let newest = crew.grant(&xiaoli, "decoration.update", json!({})).await;
    // 1,500 older ones, of services that are gone.
    crew.app
        .sql(
            "INSERT INTO permission_grants (shop_id, id, sub_account_id, permission, effect, constraints, granted_by, granted_at)
             SELECT g.shop_id, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, g.sub_account_id, 3000 + n, 'ALLOW',
                 '{}', 'test', g.granted_at
             FROM permission_grants g, generate_series(1, 1500) n",
        )
        .await;
    crew.app.clock.advance(TimeDelta::days(80));
    let owner = Persona { token: crew.app.log_in(&crew.owner.login).await, ..crew.owner.clone() };
    let input = json!({ "shopId": crew.shop, "days": 60 });
    let done = crew.call(&owner, "trimUnusedPermissions", input.clone(), "grantIds trimmed").await.data();
    let done = &done["trimUnusedPermissions"];
    assert_eq!((&done["trimmed"], done["grantIds"].as_array().unwrap().len()), (&json!(1_501), 1_000));
    let left = crew.app.count("SELECT count(*) FROM permission_grants WHERE revoked_at IS NULL").await;
    assert_eq!(left, 0, "{newest} as well");
    let again = crew.call(&owner, "trimUnusedPermissions", input, "trimmed").await.data();
    assert_eq!(again["trimUnusedPermissions"]["trimmed"], 0);
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_trims_what_is_their_own_or_stands_above_them() {
    let crew = Crew::start().await;
    let high = crew.add_position("High", 60, &["item.read"]).await;
    let (boss, above, below) = (
        crew.hire("boss", "SUPERVISOR").await,
        crew.hire_into("above", &high).await,
        crew.hire("below", "CUSTOMER_SERVICE").await,
    );
    crew.grant(&boss, "permission.grant", json!({})).await;
    crew.grant(&above, "item.create", json!({})).await;
    let theirs = crew.grant(&below, "item.create", json!({})).await;
    crew.app.sql("UPDATE sub_accounts SET certified_at = now()").await;
    crew.app.clock.advance(TimeDelta::days(80));
    let boss = Persona { token: crew.app.log_in(&boss.login).await, ..boss };
    let input = json!({ "shopId": crew.shop, "days": 60 });
    let trimmed = crew.call(&boss, "trimUnusedPermissions", input, "grantIds").await.data();
    assert_eq!(trimmed["trimUnusedPermissions"]["grantIds"], json!([theirs]), "{trimmed}");
    crew.app.verified().await;
    crew.stop().await;
}
