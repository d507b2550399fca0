//! `subscribeService`.

use serde_json::json;

use super::{Booth, PRINT, REPRINT};

#[tokio::test(flavor = "multi_thread")]
async fn r5_8_a_subscribed_services_permissions_are_granted_and_enforced_like_kiths_own() {
    let booth = Booth::start().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let before = booth.crew.grant_as(&booth.crew.owner, &clerk, PRINT, json!(null)).await;
    assert_eq!(before.user_error("grantPermission"), "NOT_SUBSCRIBED", "{before:?}");
    booth.subscribe().await;
    booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 100 })).await;
    assert!(booth.crew.held(&clerk).await.contains(&PRINT.to_owned()));
    assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": 2 })).await["decision"], json!(true));
    let taken = booth.crew.revoke_as(&booth.crew.owner, &clerk, PRINT).await;
    assert_eq!(taken.user_error("revokePermission"), "", "{taken:?}");
    let no = booth.decide(&clerk, PRINT, json!({ "copies": 2 })).await;
    assert_eq!((&no["decision"], &no["reason"]), (&json!(false), &json!("PERMISSION_MISSING")), "h16: {no}");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_15_the_permission_page_has_the_services_codes_among_the_app_services() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let query = "query($shop: ID) { permissionCatalog(shopId: $shop) { family permissions { code title highRisk grantable } } }";
    let page = booth.crew.app.ok(&booth.crew.owner, query, json!({ "shop": booth.crew.shop })).await;
    let families = page["permissionCatalog"].as_array().unwrap();
    let services = families.iter().find(|family| family["family"] == "APP_SERVICE").unwrap();
    let listed = services["permissions"].as_array().unwrap();
    let reprint = listed.iter().find(|entry| entry["code"] == REPRINT).unwrap_or_else(|| panic!("{page}"));
    assert_eq!((&reprint["title"], &reprint["highRisk"]), (&json!("Print waybills again"), &json!(true)));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_12_only_the_main_account_subscribes_and_unsubscribes() {
    let booth = Booth::start().await;
    let boss = booth.crew.hire("boss", "SUPERVISOR").await;
    for mutation in ["subscribeService", "unsubscribeService"] {
        let answer = booth.call_as(&boss, mutation, json!({}), "service { id }").await;
        assert_eq!(answer.code(), "FORBIDDEN", "{mutation}: {answer:?}");
        let grant = booth.crew.grant_as(&booth.crew.owner, &boss, "service.subscribe", json!(null)).await;
        assert_eq!(grant.user_error("grantPermission"), "MAIN_ACCOUNT_ONLY");
    }
    booth.subscribe().await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_service_and_dry_runs_change_nothing() {
    let booth = Booth::start().await;
    let owner = booth.crew.owner.clone();
    for service in ["no-such-service", "", "risk-guard", "'; DROP TABLE shop_services; --", &"x".repeat(50_000)] {
        let input = json!({ "shopId": booth.crew.shop, "serviceId": service });
        let answer = booth.crew.call(&owner, "subscribeService", input, "service { id }").await;
        assert_eq!(answer.code(), "NOT_FOUND", "{service:.40}: {answer:?}");
    }
    let input = json!({ "shopId": booth.crew.shop, "serviceId": "acme-print" });
    let dry = booth.crew.call_with(&owner, "subscribeService", "@dryRun", input, "service { id }").await;
    assert!(dry.0.get("errors").is_none(), "{dry:?}");
    assert_eq!(booth.service().await["subscribed"], json!(false));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_subscribing_twice_is_one_subscription_and_each_is_on_record() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    booth.subscribe().await;
    assert_eq!(booth.service().await["subscribed"], json!(true));
    let entries = booth.audit("subscribeService").await;
    assert_eq!(entries.len(), 2);
    assert_eq!((&entries[0]["target"], &entries[0]["permission"]), (&json!("acme-print"), &json!("service.subscribe")));
    booth.unsubscribe().await;
    assert_eq!(booth.service().await["subscribed"], json!(false));
    booth.crew.app.verified().await;
    booth.stop().await;
}
