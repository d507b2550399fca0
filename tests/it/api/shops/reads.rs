//! What can be read of a shop: nested lists in a fixed number of statements, pages, who sees what.

use serde_json::{Value, json};

use super::Market;

/// The workload Q3 of `bench/`: refunds with their order and buyer.
const REFUNDS: &str = "query($shop: ID!, $first: Int, $after: String, $last: Int, $before: String) { shop(id: $shop) {
    refunds(first: $first, after: $after, last: $last, before: $before) {
      pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
      edges { cursor node { id amount { amount } state buyer { id displayName }
        order { id itemTitle total { amount } buyer { id displayName } } } } } } }";

impl Market {
    /// Refunds of as many buyers, each with an order of their own. Made by SQL: a hundred log-ins would take a minute.
    async fn refunds(&self, count: usize) {
        let mut buyers = Vec::new();
        for _ in 0..3 {
            buyers.push(self.app.account("shopper").await);
        }
        for at in 0..count {
            let buyer = &buyers[at % buyers.len()];
            let order = self.app.order(buyer, &self.shop, &self.item, 1).await;
            self.app.refund(buyer, &order, "0.01").await;
        }
    }

    async fn page(&self, mut variables: Value) -> Value {
        variables["shop"] = json!(self.shop);
        self.app.ok(&self.seller, REFUNDS, variables).await["shop"]["refunds"].clone()
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["edges"].as_array().unwrap().iter().map(|e| e["node"]["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_refunds_takes_as_many_statements_for_1_20_and_100_rows() {
    let market = Market::open("1.00").await;
    market.refunds(100).await;
    let mut counts = Vec::new();
    for rows in [1, 20, 100] {
        let before = market.app.door.db.statements();
        let page = market.page(json!({ "first": rows })).await;
        counts.push(market.app.door.db.statements() - before);
        assert_eq!(page["edges"].as_array().unwrap().len(), rows);
        let node = &page["edges"][0]["node"];
        assert!(
            node["order"]["buyer"]["displayName"].is_string() && node["buyer"]["id"] == node["order"]["buyer"]["id"]
        );
    }
    assert_eq!(counts[0], counts[1], "{counts:?}");
    assert_eq!(counts[1], counts[2], "{counts:?}");
    assert!(counts[0] <= 6, "the session, its seats, the shop, refunds, orders, buyers: {counts:?}");
    // The other nested lists of the shop and the buyer's own.
    let lists = [
        (
            &market.seller,
            "query($n: Int) { shop { orders(first: $n) { edges { node { id buyer { displayName } } } } } }",
        ),
        (&market.seller, "query($n: Int) { shop { items(first: $n) { edges { node { id } } } } }"),
        (
            &market.buyer,
            "query($n: Int) { viewer { orders(first: $n) { edges { node { id buyer { displayName } } } } } }",
        ),
        (
            &market.buyer,
            "query($n: Int) { viewer { refunds(first: $n) { edges { node { order { itemTitle buyer { id } } buyer { id } } } } } }",
        ),
    ];
    for at in 0..20 {
        let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
        market.app.refund(&market.buyer, &order, "0.01").await;
        market.app.item(&market.seller, &market.shop, &format!("{}.00", at + 1)).await;
    }
    for (who, query) in lists {
        let mut counts = Vec::new();
        for rows in [1, 20] {
            let before = market.app.door.db.statements();
            market.app.ok(who, query, json!({ "n": rows })).await;
            counts.push(market.app.door.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1], "{query}");
    }
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_both_ways_and_stay_stable_while_rows_are_added() {
    let market = Market::open("1.00").await;
    market.refunds(7).await;
    let all = ids(&market.page(json!({ "first": 100 })).await);
    assert_eq!(all.len(), 7);
    let first = market.page(json!({ "first": 3 })).await;
    assert_eq!(
        (&first["pageInfo"]["hasNextPage"], &first["pageInfo"]["hasPreviousPage"]),
        (&json!(true), &json!(false))
    );
    market.refunds(2).await;
    let second = market.page(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    let third = market.page(json!({ "first": 3, "after": second["pageInfo"]["endCursor"] })).await;
    assert_eq!([ids(&first), ids(&second), ids(&third)].concat(), all, "what came later is in front of the first page");
    assert_eq!(third["pageInfo"]["hasNextPage"], json!(false));
    let back = market.page(json!({ "last": 3, "before": third["pageInfo"]["startCursor"] })).await;
    assert_eq!(ids(&back), ids(&second), "backward, in list order");
    market.close().await;
}

/// h29 on the real schema.
#[tokio::test(flavor = "multi_thread")]
async fn h29_page_sizes_and_cursors_that_are_none() {
    let market = Market::open("1.00").await;
    market.refunds(2).await;
    let run = async |variables: Value| {
        let mut variables = variables;
        variables["shop"] = json!(market.shop);
        market.app.run(Some(&market.seller.token), REFUNDS, variables).await
    };
    for bad in [
        json!({ "first": -1 }),
        json!({ "first": 101 }),
        json!({ "last": 101 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "first": i32::MAX }),
        json!({ "after": "forged" }),
        json!({ "after": "" }),
        json!({ "before": "seq_1" }),
        json!({ "after": market.shop }),
    ] {
        assert_eq!(run(bad.clone()).await.code(), "BAD_USER_INPUT", "{bad}");
    }
    for fine in [json!({}), json!({ "first": null }), json!({ "first": 0 }), json!({ "first": 100 })] {
        run(fine).await.data();
    }
    let huge = run(json!({ "first": 2_147_483_648_i64 })).await;
    assert!(!huge.0["errors"].is_null(), "{huge:?}");
    market.close().await;
}

/// A buyer sees their own orders and refunds and nobody else's; so does a shop.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_shown_to_both_sides_only() {
    let market = Market::open("1.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = market.app.refund(&market.buyer, &order, "1.00").await;
    let stranger = market.app.account("stranger").await;
    market.app.shop(&stranger).await;
    let blind = market.app.clerk(&market.shop, "blind", &["item.read"]).await;
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let seen = async |who: &crate::support::app::Persona| {
        let data = market.app.ok(who, query, json!({ "ids": [order, refund] })).await;
        data["nodes"].as_array().unwrap().iter().filter(|n| !n.is_null()).count()
    };
    assert_eq!((seen(&market.buyer).await, seen(&market.seller).await), (2, 2));
    assert_eq!((seen(&stranger).await, seen(&blind).await), (0, 0));
    market.close().await;
}

/// What is written in one pass is what the stock resolver says.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_shown_at_once_as_the_stock_resolver_shows_them() {
    let market = Market::open("1.00").await;
    market.refunds(5).await;
    let refund = market
        .app
        .ok(&market.seller, "{ shop { refunds(first: 1) { edges { node { id order { id } } } } } }", json!({}))
        .await;
    let refund = &refund["shop"]["refunds"]["edges"][0]["node"];
    let (ids, shop) = (json!([refund["id"], refund["order"]["id"], market.shop, "refund_none"]), &market.shop);
    for (who, query) in [
        (&market.seller, REFUNDS),
        (
            &market.seller,
            "query($shop: ID!) { shop(id: $shop) { id name currency timeZone openedAt
               items { edges { cursor node { id shopId title price { amount currency } listedAt __typename } } }
               orders { edges { node { id shopId itemTitle quantity placedAt total { amount } refunded { amount }
                 buyer { __typename id displayName } } } pageInfo { endCursor } }
               refunds(state: REQUESTED) { edges { node { id shopId reason state requestedAt decidedAt rejectionReason
                 amount { currency } } } } } }",
        ),
        (
            &market.seller,
            "query($ids: [ID!]!, $shop: ID!) { node(id: $shop) { id ... on Shop { name } } nodes(ids: $ids) { id __typename
               ... on Refund { state order { buyer { displayName } } } ... on Order { itemTitle } ... on Shop { currency } } }",
        ),
        (
            &market.buyer,
            "{ viewer { orders { edges { node { id buyer { id } } } } refunds { edges { node { order { total { amount } } } } } } }",
        ),
    ] {
        market.app.both_ways(who, query, json!({ "shop": shop, "ids": ids, "first": 4 })).await;
    }
    market.close().await;
}
