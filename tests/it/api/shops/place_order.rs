//! `placeOrder`.

use serde_json::{Value, json};

use super::Market;

fn order(market: &Market, quantity: Value) -> Value {
    json!({ "shopId": market.shop, "itemId": market.item, "quantity": quantity })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buyer_sees_what_was_bought_and_the_shop_what_was_sold() {
    let market = Market::open("12.34").await;
    let select = "order { id itemTitle quantity total { amount } }";
    let answer = market.call(&market.buyer, "placeOrder", order(&market, json!(3)), select).await;
    let placed = answer.data()["placeOrder"]["order"].clone();
    assert_eq!((&placed["quantity"], &placed["total"]["amount"]), (&json!(3), &json!("37.02")));
    let bought = "{ viewer { orders { edges { node { id } } } } }";
    let bought = market.app.ok(&market.buyer, bought, json!({})).await;
    let sold = "{ shop { orders { edges { node { id buyer { displayName } } } } } }";
    let sold = market.app.ok(&market.seller, sold, json!({})).await;
    assert_eq!(bought["viewer"]["orders"]["edges"][0]["node"]["id"], placed["id"]);
    assert_eq!(sold["shop"]["orders"]["edges"][0]["node"]["id"], placed["id"]);
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quantities_that_are_none_and_sums_that_overflow_are_refused() {
    let market = Market::open("92233720368547758.07").await;
    for quantity in [0, -1, 101, i32::MAX, i32::MIN] {
        let answer = market.call(&market.buyer, "placeOrder", order(&market, json!(quantity)), "order { id }").await;
        assert_eq!(answer.user_error("placeOrder"), "QUANTITY_INVALID", "{quantity}");
    }
    let answer = market.call(&market.buyer, "placeOrder", order(&market, json!(2)), "order { id }").await;
    assert_eq!(answer.user_error("placeOrder"), "INVALID_AMOUNT", "twice the largest amount");
    let answer = market.call(&market.seller, "placeOrder", order(&market, json!(1)), "order { id }").await;
    assert_eq!(answer.user_error("placeOrder"), "OWN_SHOP");
    market.close().await;
}

/// A sub-account acts for its shop only: it does not buy (how it logs in is `sessions`' test).
#[tokio::test(flavor = "multi_thread")]
async fn r4_12_a_sub_account_cannot_buy() {
    let market = Market::open("1.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["order.read", "refund.read"]).await;
    let other = market.app.account("other").await;
    let foreign_shop = market.app.shop(&other).await;
    let foreign_item = market.app.item(&other, &foreign_shop, "1.00").await;
    for (shop, item) in [(&market.shop, &market.item), (&foreign_shop, &foreign_item)] {
        let input = json!({ "shopId": shop, "itemId": item });
        let answer = market.call(&clerk, "placeOrder", input, "order { id }").await;
        assert_eq!(answer.code(), "FORBIDDEN", "{answer:?}");
        assert_eq!(answer.extensions()["reason"], "NOT_FOR_SUB_ACCOUNTS");
    }
    let placed = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let input = json!({ "orderId": placed, "amount": { "amount": "1" }, "reason": "x" });
    assert_eq!(market.call(&clerk, "requestRefund", input, "refund { id }").await.code(), "FORBIDDEN");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_13_bought_items_are_never_a_sub_account_s_and_sold_items_are_when_granted() {
    let market = Market::open("1.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["order.read", "refund.read"]).await;
    let placed = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    for field in ["orders { edges { cursor } }", "refunds { edges { cursor } }"] {
        let answer = market.app.run(Some(&clerk.token), &format!("{{ viewer {{ {field} }} }}"), json!({})).await;
        assert_eq!(answer.extensions()["reason"], "NOT_FOR_SUB_ACCOUNTS", "bought items, never: {answer:?}");
    }
    let sold = market.app.ok(&clerk, "{ shop { orders { edges { node { id } } } } }", json!({})).await;
    assert_eq!(sold["shop"]["orders"]["edges"][0]["node"]["id"], json!(placed), "sold items, when granted");
    market.close().await;
}
