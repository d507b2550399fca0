//! `createItem`.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_item_is_listed_first_for_everybody() {
    let market = Market::open("1.00").await;
    let clerk = market.app.clerk(&market.shop, "lister", &["item.create"]).await;
    let input = json!({ "shopId": market.shop, "title": "Desk 台灯", "price": { "amount": "0.01" } });
    let answer = market.call(&clerk, "createItem", input, "itemId").await;
    let item = answer.0["data"]["createItem"]["itemId"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    let query = "query($shop: ID!) { shop(id: $shop) { items(first: 1) { edges { node { id title price { amount currency } } } } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "shop": market.shop })).await;
    let price = json!({ "amount": "0.01", "currency": "CNY" });
    let node = &seen["shop"]["items"]["edges"][0]["node"];
    assert_eq!(node, &json!({ "id": item, "title": "Desk 台灯", "price": price }));
    market.close().await;
}

/// Requirement h08: amounts that are none, and those that are none of this shop's.
#[tokio::test(flavor = "multi_thread")]
async fn h08_prices_that_are_none_are_refused() {
    let market = Market::open("1.00").await;
    let amounts = [
        "0",
        "0.00",
        "-1",
        "-0.01",
        "0.001",
        "1e3",
        "１２",
        "1,000",
        " 1",
        "1 ",
        "+1",
        "",
        ".",
        "NaN",
        "Infinity",
        "9223372036854775807",
        "92233720368547758.08",
        "0x10",
        "1\u{0}",
        "１.００",
    ];
    for amount in amounts {
        let input = json!({ "shopId": market.shop, "title": "Lamp", "price": { "amount": amount } });
        let answer = market.call(&market.seller, "createItem", input, "itemId").await;
        let refused = answer.user_error("createItem") == "INVALID_AMOUNT" || answer.code() == "BAD_USER_INPUT";
        assert!(refused, "{amount:?}: {answer:?}");
    }
    for currency in ["USD", "JPY"] {
        let price = json!({ "amount": "1", "currency": currency });
        let input = json!({ "shopId": market.shop, "title": "Lamp", "price": price });
        let answer = market.call(&market.seller, "createItem", input, "itemId").await;
        assert_eq!(answer.user_error("createItem"), "INVALID_AMOUNT", "{currency}");
    }
    for title in ["", " ", "a\u{7}b", &"x".repeat(50_000)] {
        let input = json!({ "shopId": market.shop, "title": title, "price": { "amount": "1" } });
        let answer = market.call(&market.seller, "createItem", input, "itemId").await;
        assert_eq!(answer.user_error("createItem"), "TITLE_INVALID", "{title:.20?}");
    }
    let query = "query($shop: ID!) { shop(id: $shop) { items { edges { cursor } } } }";
    let seen = market.app.ok(&market.seller, query, json!({ "shop": market.shop })).await;
    assert_eq!(seen["shop"]["items"]["edges"].as_array().unwrap().len(), 1, "the lamp of the beginning");
    market.close().await;
}
