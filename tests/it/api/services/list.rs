//! `services`.

use serde_json::json;

use super::Booth;

#[tokio::test(flavor = "multi_thread")]
async fn r5_8_the_services_there_are_with_their_permissions_and_state() {
    let booth = Booth::start().await;
    let service = booth.service().await;
    assert_eq!(
        (&service["id"], &service["name"], &service["publisher"], &service["state"], &service["subscribed"]),
        (&json!("acme-print"), &json!("Acme Print"), &json!("acme"), &json!("AVAILABLE"), &json!(false))
    );
    let codes: Vec<&str> =
        service["permissions"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "acme_print",
            "acme_print.waybill",
            "acme_print.waybill.print",
            "acme_print.waybill.reprint",
            "acme_print.template.update"
        ]
    );
    assert_eq!(service["permissions"][1]["parent"], "acme_print");
    assert_eq!(
        (&service["permissions"][0]["heading"], &service["permissions"][3]["highRisk"]),
        (&json!(true), &json!(true))
    );
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_who_may_see_the_services() {
    let booth = Booth::start().await;
    let boss = booth.crew.hire("boss", "SUPERVISOR").await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let buyer = booth.crew.app.account("buyer").await;
    let query = "query($shop: ID) { services(shopId: $shop) { id tokens { id } } }";
    let ask = async |who: &crate::support::app::Persona| {
        booth.crew.app.run(Some(&who.token), query, json!({ "shop": booth.crew.shop })).await
    };
    let seen = ask(&boss).await.data();
    assert_eq!(seen["services"], json!([{ "id": "acme-print", "tokens": null }]), "tokens are the main account's");
    assert_eq!(ask(&clerk).await.code(), "FORBIDDEN");
    assert_eq!(ask(&buyer).await.code(), "FORBIDDEN");
    assert_eq!(booth.crew.app.run(None, query, json!({ "shop": booth.crew.shop })).await.code(), "UNAUTHENTICATED");
    booth.stop().await;
}

/// A setting may be a secret, such as a printer's password: whoever sees the staff sees which are set, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn r4_16_the_values_of_settings_are_the_main_accounts() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    booth.configure(None, json!({ "max_copies": 3, "printers": ["p1"] })).await;
    let boss = booth.crew.hire("boss", "SUPERVISOR").await;
    let query = "query($shop: ID) { services(shopId: $shop) { settings { keys values changedBy } } }";
    let seen = async |who: &crate::support::app::Persona| {
        booth.crew.app.ok(who, query, json!({ "shop": booth.crew.shop })).await["services"][0]["settings"][0].clone()
    };
    let (owner, boss) = (seen(&booth.crew.owner).await, seen(&boss).await);
    assert_eq!(owner["values"], json!({ "max_copies": 3, "printers": ["p1"] }));
    assert_eq!((&boss["values"], &boss["keys"]), (&json!(null), &json!(["max_copies", "printers"])));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_a_removed_service_stays_for_those_who_have_it() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    booth.remove().await;
    assert_eq!(booth.service().await["state"], json!("REMOVED"));
    let other = booth.crew.app.account("other").await;
    let shop = booth.crew.app.shop(&other).await;
    let query = "query($shop: ID) { services(shopId: $shop) { id } }";
    let none = booth.crew.app.ok(&other, query, json!({ "shop": shop })).await;
    assert_eq!(none["services"], json!([]), "and is none for those who never had it");
    let input = json!({ "shopId": shop, "serviceId": "acme-print" });
    let late = booth.crew.call(&other, "subscribeService", input, "service { id }").await;
    assert_eq!(late.user_error("subscribeService"), "SERVICE_REMOVED");
    booth.unsubscribe().await;
    booth.stop().await;
}
