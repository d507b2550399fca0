//! h19: another shop's id in every id argument of this domain gets the answer of an id that does not exist.

use serde_json::json;

use super::Booth;
use crate::support::app::Persona;

#[tokio::test(flavor = "multi_thread")]
async fn h19_foreign_ids_are_ids_that_do_not_exist() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let victim = booth.crew.hire("victim", "OTHER").await;
    let (_, token) = booth.token(&booth.crew.owner.clone()).await;
    let stranger: Persona = booth.crew.app.account("stranger").await;
    let shop = booth.crew.app.shop(&stranger).await;
    let input = json!({ "shopId": shop, "serviceId": "acme-print" });
    let own = booth.crew.call(&stranger, "subscribeService", input, "service { id }").await;
    assert_eq!(own.user_error("subscribeService"), "");
    let theirs = json!({ "shopId": booth.crew.shop, "serviceId": "acme-print" });
    let missing = json!({ "shopId": "shop_01h455vb4pex5vsknk084sn02q", "serviceId": "acme-print" });
    let with = |base: &serde_json::Value, more: serde_json::Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let unknown_sub = "sub_01h455vb4pex5vsknk084sn02q";
    let own_shop = json!({ "shopId": shop, "serviceId": "acme-print" });
    for (mutation, foreign, none) in [
        ("subscribeService", theirs.clone(), missing.clone()),
        ("unsubscribeService", theirs.clone(), missing.clone()),
        (
            "configureService",
            with(&theirs, json!({ "settings": { "max_copies": 1 } })),
            with(&missing, json!({ "settings": { "max_copies": 1 } })),
        ),
        (
            "configureService",
            with(&own_shop, json!({ "subAccountId": victim.id, "settings": {} })),
            with(&own_shop, json!({ "subAccountId": unknown_sub, "settings": {} })),
        ),
        ("issueServiceToken", with(&theirs, json!({ "label": "x" })), with(&missing, json!({ "label": "x" }))),
        ("revokeServiceToken", json!({ "tokenId": token }), json!({ "tokenId": "stok_01h455vb4pex5vsknk084sn02q" })),
    ] {
        let foreign = booth.crew.call(&stranger, mutation, foreign, "").await;
        let none = booth.crew.call(&stranger, mutation, none, "").await;
        assert_eq!(foreign.code(), "NOT_FOUND", "{mutation}: {foreign:?}");
        assert_eq!(foreign.0["errors"], none.0["errors"], "{mutation}");
    }
    let query = "query($shop: ID) { services(shopId: $shop) { id } }";
    let ask = async |shop: &str| booth.crew.app.run(Some(&stranger.token), query, json!({ "shop": shop })).await;
    assert_eq!(ask(&booth.crew.shop).await.0, ask("shop_01h455vb4pex5vsknk084sn02q").await.0);
    assert_eq!(booth.service().await["tokens"][0]["revokedAt"], json!(null), "nothing was changed");
    booth.stop().await;
}
