//! `updateItemPrice`, `deleteItem`, `updateDecoration`, and the list of what was sold.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_price_changes_and_deletion_are_permissions_of_their_own() {
    let market = Market::open("10.00").await;
    let clerk = market.app.clerk(&market.shop, "clerk", &["item.read", "item.create"]).await;
    let price = |amount: &str| json!({ "itemId": market.item, "price": { "amount": amount } });
    let select = "item { id price { amount } }";
    assert_eq!(market.call(&clerk, "updateItemPrice", price("9.00"), select).await.code(), "FORBIDDEN");
    let clerk2 = market.app.clerk(&market.shop, "clerk2", &["item.price.update"]).await;
    let done = market.call(&clerk2, "updateItemPrice", price("9.00"), select).await.data();
    assert_eq!(done["updateItemPrice"]["item"]["price"]["amount"], "9.00");
    for bad in ["0", "-1", "1e3", "0.001", "９", "99999999999999999999"] {
        let answer = market.call(&market.seller, "updateItemPrice", price(bad), select).await;
        assert_eq!(answer.user_error("updateItemPrice"), "INVALID_AMOUNT", "h08: {bad}");
    }
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    market.call(&market.seller, "updateItemPrice", price("50.00"), select).await.data();
    let query = "query($id: ID!) { node(id: $id) { ... on Order { total { amount } } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "id": order })).await;
    assert_eq!(seen["node"]["total"]["amount"], "9.00", "orders keep their price: {seen}");
    let delete = json!({ "itemId": market.item });
    assert_eq!(market.call(&clerk2, "deleteItem", delete.clone(), "itemId").await.code(), "FORBIDDEN");
    let other = market.app.account("other").await;
    market.app.shop(&other).await;
    assert_eq!(market.call(&other, "deleteItem", delete.clone(), "itemId").await.code(), "NOT_FOUND", "h19");
    market.call(&market.seller, "deleteItem", delete.clone(), "itemId").await.data();
    assert_eq!(market.call(&market.seller, "deleteItem", delete, "itemId").await.code(), "NOT_FOUND", "once");
    let shop = "query($id: ID!) { shop(id: $id) { items { edges { node { id } } } orders { edges { node { id } } } } }";
    let seen = market.app.ok(&market.seller, shop, json!({ "id": market.shop })).await;
    assert_eq!(seen["shop"]["items"]["edges"], json!([]));
    assert_eq!(seen["shop"]["orders"]["edges"][0]["node"]["id"], json!(order), "what was sold stays sold");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_13_sold_items_can_be_granted_and_bought_items_never() {
    let market = Market::open("10.00").await;
    market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let clerk = market.app.clerk(&market.shop, "clerk", &["order.read"]).await;
    let shop = "query($id: ID!) { shop(id: $id) { orders { edges { node { itemTitle } } } } }";
    let seen = market.app.ok(&clerk, shop, json!({ "id": market.shop })).await;
    assert_eq!(seen["shop"]["orders"]["edges"].as_array().unwrap().len(), 1);
    let bought = market.app.run(Some(&clerk.token), "{ viewer { orders { edges { cursor } } } }", json!({})).await;
    assert_eq!(bought.extensions()["reason"], "NOT_FOR_SUB_ACCOUNTS", "{bought:?}");
    let input = json!({ "subAccountId": clerk.id, "permission": "bought_items.read" });
    let granted = market.call(&market.seller, "grantPermission", input, "grant { id }").await;
    assert_eq!(granted.user_error("grantPermission"), "MAIN_ACCOUNT_ONLY");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_decoration_is_guarded_and_kept_version_by_version() {
    let market = Market::open("10.00").await;
    let designer = market.app.clerk(&market.shop, "designer", &["decoration.update"]).await;
    let clerk = market.app.clerk(&market.shop, "clerk", &["item.read"]).await;
    let update =
        |upon: i32, banner: &str| json!({ "shopId": market.shop, "upon": upon, "document": { "banner": banner } });
    assert_eq!(market.call(&clerk, "updateDecoration", update(0, "x"), "version").await.code(), "FORBIDDEN");
    let first = market.call(&designer, "updateDecoration", update(0, "spring"), "version").await.data();
    assert_eq!(first["updateDecoration"]["version"], 1);
    let stale = market.call(&market.seller, "updateDecoration", update(0, "winter"), "version").await;
    assert_eq!(stale.user_error("updateDecoration"), "VERSION_CONFLICT");
    market.call(&market.seller, "updateDecoration", update(1, "winter"), "version").await.data();
    for document in [json!([]), json!("x"), json!({ "a": "x".repeat(40_000) })] {
        let input = json!({ "shopId": market.shop, "upon": 2, "document": document });
        let answer = market.call(&market.seller, "updateDecoration", input, "version").await;
        assert_eq!(answer.user_error("updateDecoration"), "DOCUMENT_INVALID");
    }
    let query = "query($id: ID!) { shop(id: $id) { now: decoration { version document }
        before: decoration(version: 1) { document } never: decoration(version: 9) { version } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "id": market.shop })).await;
    assert_eq!(seen["shop"]["now"], json!({ "version": 2, "document": { "banner": "winter" } }));
    assert_eq!(seen["shop"]["before"]["document"]["banner"], "spring");
    assert_eq!(seen["shop"]["never"], json!(null));
    let history = "query($id: ID!) { shop(id: $id) { decorationHistory { version changedBy } } }";
    let seen = market.app.ok(&designer, history, json!({ "id": market.shop })).await;
    assert_eq!(seen["shop"]["decorationHistory"][1]["version"], 1, "{seen}");
    assert_eq!(
        market.app.run(Some(&market.buyer.token), history, json!({ "id": market.shop })).await.code(),
        "FORBIDDEN"
    );
    market.close().await;
}
