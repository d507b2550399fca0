//! Orders that wait to be paid, by balance.

use serde_json::json;
use uuid::Uuid;

use super::Stall;
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_a_method_is_chosen_when_an_order_is_placed_or_later() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let method = app.balance(buyer, "100").await;
    let place = "mutation($input: PlaceOrderInput!, $k: String!) { placeOrder(input: $input) @idempotent(key: $k) {
        order { id state } payment { state orderId } userErrors { code field } } }";
    let input = |more: serde_json::Value| {
        let mut input = json!({ "shopId": stall.shop, "itemId": stall.item });
        more.as_object().unwrap().iter().for_each(|(key, value)| input[key] = value.clone());
        input
    };
    let run = async |more| {
        let variables = json!({ "input": input(more), "k": Uuid::now_v7().to_string() });
        app.run(Some(&buyer.token), place, variables).await
    };
    let now = run(json!({ "paymentMethodIds": [method] })).await.data()["placeOrder"].clone();
    assert_eq!((&now["order"]["state"], &now["payment"]["state"]), (&json!("PAID"), &json!("CAPTURED")), "{now}");
    assert_eq!(now["payment"]["orderId"], now["order"]["id"]);
    let both = run(json!({ "paymentMethodIds": [method], "payLater": true })).await;
    assert_eq!(both.user_error("placeOrder"), "PAY_NOW_OR_LATER");
    let later = run(json!({ "payLater": true })).await.data()["placeOrder"].clone();
    assert_eq!((&later["order"]["state"], &later["payment"]), (&json!("AWAITING_PAYMENT"), &json!(null)));
    let order = later["order"]["id"].as_str().unwrap();
    app.pay(buyer, order, &[&method]).await.data();
    assert_eq!(app.order_state(buyer, order).await, "PAID");
    assert_eq!(app.held(buyer).await, "20.00");
    // What the balance does not cover leaves no order behind.
    let poor = run(json!({ "paymentMethodIds": [method] })).await;
    assert_eq!(poor.user_error("placeOrder"), "BALANCE_TOO_LOW");
    let orders = app.ok(buyer, "{ viewer { orders { edges { node { id } } } } }", json!({})).await;
    assert_eq!(orders["viewer"]["orders"]["edges"].as_array().unwrap().len(), 2);
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_once_by_its_buyer_with_their_own_methods() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let stranger = app.account("stranger").await;
    let (method, theirs) = (app.balance(buyer, "100").await, app.balance(&stranger, "100").await);
    let order = stall.unpaid().await;
    assert_eq!(app.pay(&stranger, &order, &[&theirs]).await.code(), "NOT_FOUND", "h19: somebody else's order");
    assert_eq!(app.pay(buyer, &order, &[&theirs]).await.user_error("payOrder"), "METHOD_UNKNOWN");
    assert_eq!(app.pay(buyer, &order, &[]).await.user_error("payOrder"), "METHODS_INVALID");
    assert_eq!(app.pay(buyer, &order, &[&method, &method]).await.user_error("payOrder"), "METHODS_INVALID");
    assert_eq!(app.pay(buyer, &order, &["pm_x"]).await.code(), "NOT_FOUND");
    app.pay(buyer, &order, &[&method]).await.data();
    assert_eq!(app.pay(buyer, &order, &[&method]).await.user_error("payOrder"), "ALREADY_PAID");
    assert_eq!((app.held(buyer).await, app.held(&stranger).await), ("60.00".to_owned(), "100.00".to_owned()));
    // A method that was removed pays nothing; what it held is still there.
    let remove = "mutation($m: ID!) { removePaymentMethod(input: { paymentMethodId: $m }) { userErrors { code } } }";
    app.ok(buyer, remove, json!({ "m": method })).await;
    let order = stall.unpaid().await;
    assert_eq!(app.pay(buyer, &order, &[&method]).await.user_error("payOrder"), "METHOD_UNKNOWN");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_paid_gives_nothing_back() {
    let stall = Stall::open("40.00").await;
    let order = stall.unpaid().await;
    let request =
        "mutation($o: ID!) { requestRefund(input: { orderId: $o, amount: { amount: \"1\" }, reason: \"x\" }) {
        userErrors { code } } }";
    let answer = stall.app.run(Some(&stall.buyer.token), request, json!({ "o": order })).await;
    assert_eq!(answer.user_error("requestRefund"), "ORDER_NOT_PAID");
    stall.app.stop().await;
}

/// Without play money, as on a real server, an order without a method waits, and nothing comes from nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn without_play_money_nothing_is_paid_from_nowhere() {
    let app = TestApp::start_without_play_money().await;
    let stall = Stall::on(app, "40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    assert_eq!(app.top_up(buyer, "1").await.user_error("topUpBalance"), "TOP_UP_OFF");
    let place = "mutation($input: PlaceOrderInput!, $k: String!) { placeOrder(input: $input) @idempotent(key: $k) {
        order { state } payment { id } userErrors { code } } }";
    let variables = json!({ "input": { "shopId": stall.shop, "itemId": stall.item }, "k": "k" });
    let placed = app.ok(buyer, place, variables).await;
    assert_eq!(placed["placeOrder"]["order"]["state"], "AWAITING_PAYMENT", "{placed}");
    app.verified().await;
    stall.app.stop().await;
}

/// h01 for balances: sixty orders of ¥5 each are paid at once from ¥100. Twenty pass, and nothing is below nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h01_payments_in_parallel_never_spend_more_than_the_balance() {
    let server = PgServer::start_with(Durability::None).await;
    let stall = Stall::on(TestApp::start_on(&server.fresh_database().await, 16).await, "5.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let method = app.balance(buyer, "100").await;
    let mut orders = Vec::new();
    for _ in 0..60 {
        orders.push(stall.unpaid().await);
    }
    let methods = [method.as_str()];
    let answers = futures_util::future::join_all(orders.iter().map(|order| app.pay(buyer, order, &methods))).await;
    let paid = answers.iter().filter(|a| a.0["data"]["payOrder"]["payment"]["state"] == "CAPTURED").count();
    let refused = answers.iter().filter(|a| a.user_error("payOrder") == "BALANCE_TOO_LOW").count();
    assert_eq!((paid, refused), (20, 40));
    assert_eq!(app.held(buyer).await, "0.00");
    app.verified().await;
}

/// Ten requests at once to pay one order, by balance and by card: it is paid once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h04_an_order_that_many_pay_at_once_is_paid_once() {
    let server = PgServer::start_with(Durability::None).await;
    let stall = Stall::on(TestApp::start_on(&server.fresh_database().await, 16).await, "5.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let (balance, card) = (app.balance(buyer, "100").await, app.card(buyer, "4242424242424242").await);
    for _ in 0..10 {
        let order = stall.unpaid().await;
        let methods = [[balance.as_str()], [card.as_str()]];
        let calls = (0..10).map(|n| app.pay(buyer, &order, &methods[n % 2]));
        let answers = futures_util::future::join_all(calls).await;
        let begun = answers.iter().filter(|a| a.0["data"]["payOrder"]["payment"]["id"].is_string()).count();
        let refused = ["PAYMENT_UNDER_WAY", "ALREADY_PAID"];
        let others = answers.iter().filter(|a| refused.contains(&a.user_error("payOrder"))).count();
        assert_eq!((begun, others), (1, 9), "{answers:?}");
        app.pay_out().await;
        assert_eq!(app.order_state(buyer, &order).await, "PAID");
    }
    app.verified().await;
}
