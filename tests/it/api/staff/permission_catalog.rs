//! `permissionCatalog`.

use serde_json::{Value, json};

use super::crew::Crew;
use kith::kernel::Locale;

const CATALOG: &str = "query($shop: ID) { permissionCatalog(shopId: $shop) {
    family permissions { code title help highRisk grantable money } } }";

fn entry(catalog: &Value, code: &str) -> Option<Value> {
    let groups = catalog["permissionCatalog"].as_array().unwrap();
    let mut all = groups.iter().flat_map(|group| group["permissions"].as_array().unwrap());
    all.find(|permission| permission["code"] == code).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_15_three_families_in_order_and_in_two_languages() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    let token = Some(agent.token.as_str());
    let english = crew.app.run_in(token, CATALOG, json!({}), Locale::En).await.data();
    let families: Vec<_> =
        english["permissionCatalog"].as_array().unwrap().iter().map(|g| g["family"].clone()).collect();
    assert_eq!(families, ["OFFICIAL", "APP_SERVICE", "BACK_OFFICE"]);
    let approve = entry(&english, "refund.approve").unwrap();
    assert_eq!(approve["title"], "Approve refunds");
    assert_eq!(
        (&approve["money"], &approve["grantable"], &approve["highRisk"]),
        (&json!(true), &json!(true), &json!(false))
    );
    // Requirement 4.13: shown, and marked as what nobody can be granted. Requirement 4.14: the risky ones are marked.
    assert_eq!(entry(&english, "bought_items.read").unwrap()["grantable"], false);
    assert_eq!(entry(&english, "funds.withdraw").unwrap()["highRisk"], true);
    assert_eq!(entry(&english, "platform.account.disable"), None, "the platform's own are not on a shop's page");
    let chinese = crew.app.run_in(token, CATALOG, json!({}), Locale::ZhCn).await.data();
    assert_eq!(entry(&chinese, "refund.approve").unwrap()["title"], "同意退款");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_for_whoever_is_logged_in() {
    let crew = Crew::start().await;
    assert_eq!(crew.app.run(None, CATALOG, json!({})).await.code(), "UNAUTHENTICATED");
    let buyer = crew.app.account("buyer").await;
    crew.app.ok(&buyer, CATALOG, json!({})).await;
    let foreign = crew.app.run(Some(&buyer.token), CATALOG, json!({ "shop": crew.shop })).await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    crew.app.ok(&crew.owner, CATALOG, json!({ "shop": crew.shop })).await;
    crew.stop().await;
}
