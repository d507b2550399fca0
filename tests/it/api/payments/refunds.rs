//! Refunds go back to the method that paid, and never past the payment (h10).

use serde_json::json;

use super::Stall;
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn h10_a_balance_gets_its_money_back_at_once() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let method = app.balance(buyer, "100").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&method]).await.data();
    let refund = app.refund(buyer, &order, "15.00").await;
    app.approve(&stall.seller, &refund, "k").await.data();
    assert_eq!(app.held(buyer).await, "75.00");
    assert_eq!(app.newest_payment(buyer).await["refunded"]["amount"], "15.00");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h10_a_card_gets_its_money_back_by_the_worker() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let card = app.card(buyer, "4242424242424242").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&card]).await.data();
    app.pay_out().await;
    let refund = app.refund(buyer, &order, "15.00").await;
    app.approve(&stall.seller, &refund, "k").await.data();
    app.verified().await;
    assert_eq!(app.held(buyer).await, "0.00", "it is on its way to the card");
    assert_eq!(app.pay_out().await, 1);
    assert_eq!((app.pay_out().await, app.held(buyer).await), (0, "0.00".to_owned()));
    assert_eq!(app.newest_payment(buyer).await["refunded"]["amount"], "15.00");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h10_what_a_card_refuses_goes_to_the_balance_and_the_payer_is_told() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let card = app.card(buyer, "4000000000005126").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&card]).await.data();
    app.pay_out().await;
    let refund = app.refund(buyer, &order, "40.00").await;
    app.approve(&stall.seller, &refund, "k").await.data();
    app.pay_out().await;
    assert_eq!(app.held(buyer).await, "40.00");
    app.deliver().await;
    let inbox = app.ok(buyer, "{ viewer { notifications { edges { node { title } } } } }", json!({})).await;
    assert!(inbox.to_string().contains("could not go to your card"), "{inbox}");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_a_payment_takes_as_many_statements_as_one_of_play_money() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let method = app.balance(buyer, "200").await;
    let mut counts = Vec::new();
    for paid in [false, true] {
        let mut refunds = Vec::new();
        for _ in 0..2 {
            let order = if paid {
                let order = stall.unpaid().await;
                app.pay(buyer, &order, &[&method]).await.data();
                order
            } else {
                app.order(buyer, &stall.shop, &stall.item, 1).await
            };
            refunds.push(app.refund(buyer, &order, "1.00").await);
        }
        // The first makes accounts of the ledger and prepares statements.
        app.approve(&stall.seller, &refunds[0], &refunds[0]).await.data();
        let before = app.door.db.statements();
        app.approve(&stall.seller, &refunds[1], &refunds[1]).await.data();
        counts.push(app.door.db.statements() - before);
    }
    assert_eq!(counts[0], counts[1]);
    stall.app.stop().await;
}

/// h10: 40 refunds of ¥1 each of a payment of ¥20, all approved at once: twenty pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h10_refunds_in_parallel_never_exceed_the_payment() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stall = Stall::on(app, "20.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let card = app.card(buyer, "4242424242424242").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&card]).await.data();
    app.pay_out().await;
    let first = app.refund(buyer, &order, "1.00").await;
    // Asked for behind the rule that counts what is asked for: only the approvals are left to hold the line.
    let key = kith::kernel::ids::TypedId::uuid(first.parse::<kith::kernel::ids::RefundId>().unwrap());
    app.sql(&format!(
        "INSERT INTO refunds (shop_id, id, order_id, buyer_account_id, amount_minor, currency, reason, state, requested_at)
         SELECT shop_id, gen_random_uuid(), order_id, buyer_account_id, amount_minor, currency, reason, state, requested_at
         FROM refunds, generate_series(1, 39) WHERE id = '{key}'"
    ))
    .await;
    let query = "query($s: ID!) { shop(id: $s) { refunds(first: 100) { edges { node { id } } } } }";
    let all = app.ok(&stall.seller, query, json!({ "s": stall.shop })).await;
    let all: Vec<String> = all["shop"]["refunds"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(all.len(), 40);
    let answers = futures_util::future::join_all(all.iter().map(|id| app.approve(&stall.seller, id, id))).await;
    let passed = answers.iter().filter(|a| a.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED").count();
    let refused = answers.iter().filter(|a| a.user_error("approveRefund") == "EXCEEDS_ORDER").count();
    assert_eq!((passed, refused), (20, 20));
    assert_eq!(app.pay_out().await, 20);
    assert_eq!(app.newest_payment(buyer).await["refunded"]["amount"], "20.00");
    app.verified().await;
}
