//! h19: another shop's id in every id argument of this domain gets the answer of an id that does not exist.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn h19_foreign_ids_are_ids_that_do_not_exist() {
    let market = Market::open("10.00").await;
    let app = &market.app;
    let order = app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = app.refund(&market.buyer, &order, "1.00").await;
    // Somebody with every right, in another shop, who has bought something too.
    let other = app.account("other").await;
    let their_shop = app.shop(&other).await;
    let their_item = app.item(&other, &their_shop, "5.00").await;
    let unknown = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
    let cases = [
        ("approveRefund", json!({ "refundId": refund }), json!({ "refundId": unknown("refund") })),
        (
            "rejectRefund",
            json!({ "refundId": refund, "reason": "no" }),
            json!({ "refundId": unknown("refund"), "reason": "no" }),
        ),
        (
            "requestRefund",
            json!({ "orderId": order, "amount": { "amount": "1" }, "reason": "x" }),
            json!({ "orderId": unknown("order"), "amount": { "amount": "1" }, "reason": "x" }),
        ),
        (
            "createItem",
            json!({ "shopId": market.shop, "title": "Lamp", "price": { "amount": "1" } }),
            json!({ "shopId": unknown("shop"), "title": "Lamp", "price": { "amount": "1" } }),
        ),
        (
            "placeOrder",
            json!({ "shopId": market.shop, "itemId": their_item }),
            json!({ "shopId": market.shop, "itemId": unknown("item") }),
        ),
        (
            "placeOrder",
            json!({ "shopId": unknown("shop"), "itemId": market.item }),
            json!({ "shopId": unknown("shop"), "itemId": unknown("item") }),
        ),
    ];
    for (mutation, foreign, missing) in cases {
        let foreign = market.call(&other, mutation, foreign, "").await;
        let missing = market.call(&other, mutation, missing, "").await;
        assert_eq!(foreign.code(), "NOT_FOUND", "{mutation}: {foreign:?}");
        assert_eq!(foreign.0["errors"], missing.0["errors"], "{mutation}");
    }
    let node = "query($id: ID!) { node(id: $id) { id } }";
    for id in [&refund, &order, &unknown("refund"), &unknown("order")] {
        assert_eq!(app.ok(&other, node, json!({ "id": id })).await["node"], json!(null), "{id}");
    }
    // A cursor is a place, not a right: a foreign one opens nothing.
    let page = "query($after: String) { shop { refunds(after: $after) { edges { cursor } pageInfo { endCursor } } } }";
    let seen = app.ok(&other, page, json!({ "after": refund })).await;
    assert_eq!(seen["shop"]["refunds"]["edges"], json!([]));
    // Reading a shop where one has no seat: the same denial whether the shop has refunds, none, or does not exist.
    let refunds = "query($id: ID!) { shop(id: $id) { refunds { edges { cursor } } } }";
    let foreign = app.run(Some(&other.token), refunds, json!({ "id": market.shop })).await;
    assert_eq!(foreign.code(), "FORBIDDEN");
    let trail = "query($id: ID!) { auditTrail(shopId: $id) { edges { cursor } } }";
    let (one, two) = (
        app.run(Some(&other.token), trail, json!({ "id": market.shop })).await,
        app.run(Some(&other.token), trail, json!({ "id": unknown("shop") })).await,
    );
    assert_eq!(
        (one.code(), one.0["errors"][0]["message"].clone()),
        (two.code(), two.0["errors"][0]["message"].clone())
    );
    market.close().await;
}
