//! Intimate pay at the same time, on a PostgreSQL server: the properties that must hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::intimate::{Home, PAYMENT_PASSWORD};
use crate::support::pg::{Durability, PgServer};

async fn home(server: &PgServer, connections: usize, cap: &str) -> Home {
    let app = TestApp::start_on(&server.fresh_database().await, connections).await;
    Home::on(app, json!({ "monthlyCap": { "amount": cap } })).await
}

async fn orders(home: &Home, count: usize) -> Vec<String> {
    let item = home.app.item(&home.seller, &home.shop, "1.00").await;
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(home.app.unpaid_order(&home.father, &home.shop, &item, 1).await);
    }
    made
}

fn paid(answer: &Answer) -> bool {
    answer.0["data"]["payWithIntimatePay"]["purchase"]["state"] == "PAID"
}

fn code(answer: &Answer) -> &str {
    answer.user_error("payWithIntimatePay")
}

/// Property 1, h01. (The cap of a relation is at least ¥100: of ¥100.00, ¥63.00 are spent before.)
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h01_r0_9_200_parallel_payments_of_1_00_against_37_00() {
    let server = PgServer::start_with(Durability::None).await;
    let home = home(&server, 40, "100.00").await;
    assert!(paid(&home.buy("63.00", "general").await));
    let orders = orders(&home, 200).await;
    let answers = join_all(orders.iter().map(|order| home.pay(order))).await;
    let passed = answers.iter().filter(|answer| paid(answer)).count();
    let refused = answers.iter().filter(|answer| code(answer) == "LIMIT_PER_MONTH").count();
    let others = answers.iter().find(|answer| !paid(answer) && code(answer) != "LIMIT_PER_MONTH");
    assert_eq!((passed, refused), (37, 163), "{others:?}");
    assert_eq!(home.used().await, "100.00");
    home.close().await;
}

/// Property 2, h06: nothing that starts after the mutation returned passes beyond it.
async fn burst(change: &'static str, kind: &'static str, more: Value, refusals: &[&str]) {
    let server = PgServer::start_with(Durability::None).await;
    let home = Arc::new(home(&server, 30, "20000").await);
    let orders = orders(&home, 200).await;
    let changed = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = orders
        .into_iter()
        .enumerate()
        .map(|(at, order)| {
            let (home, changed) = (Arc::clone(&home), Arc::clone(&changed));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(at as u64 * 5)).await;
                let after = changed.load(Ordering::SeqCst);
                (after, home.pay(&order).await)
            })
        })
        .collect();
    let alter = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let answer = home.call(&home.daughter, change, kind, more).await;
        assert_eq!(answer.user_error(change), "", "{answer:?}");
        changed.store(true, Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(join_all(calls), alter);
    let mut before = 0;
    for answer in answers {
        let (after, answer) = answer.unwrap();
        assert!(!(after && paid(&answer)), "paid after the mutation had returned");
        assert!(paid(&answer) || refusals.contains(&code(&answer)), "{answer:?}");
        before += usize::from(paid(&answer));
    }
    assert!(before > 0, "the burst had begun before");
    home.app.quotas_add_up().await;
    home.app.verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r0_9_categories_blocked_in_a_burst() {
    let terms = json!({ "terms": { "monthlyCap": { "amount": "20000" }, "blockedCategories": ["general"] } });
    burst("changeIntimatePayTerms", "ChangeIntimatePayTermsInput", terms, &["CATEGORY_NOT_ALLOWED"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r0_11_frozen_in_a_burst() {
    let more = json!({ "reason": "That is not him" });
    burst("reportIntimatePayment", "ReportIntimatePaymentInput", more, &["RELATION_FROZEN"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r0_14_ended_in_a_burst() {
    burst("endIntimatePay", "IntimatePayInput", json!({}), &["RELATION_ENDED"]).await;
}

/// Property 2 with the cap itself: what is lowered below what is spent lets nothing more through, and never more than the higher
/// of the two was spent.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r0_9_the_cap_lowered_in_a_burst() {
    let server = PgServer::start_with(Durability::None).await;
    let home = Arc::new(home(&server, 30, "300.00").await);
    assert!(paid(&home.buy("120.00", "general").await), "more than the cap will be");
    let orders = orders(&home, 150).await;
    let lowered = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = orders
        .into_iter()
        .enumerate()
        .map(|(at, order)| {
            let (home, lowered) = (Arc::clone(&home), Arc::clone(&lowered));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(at as u64 * 5)).await;
                let after = lowered.load(Ordering::SeqCst);
                (after, home.pay(&order).await)
            })
        })
        .collect();
    let lower = async {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let more = json!({ "terms": { "monthlyCap": { "amount": "100.00" } } });
        let answer = home.call(&home.daughter, "changeIntimatePayTerms", "ChangeIntimatePayTermsInput", more).await;
        assert_eq!(answer.user_error("changeIntimatePayTerms"), "", "{answer:?}");
        lowered.store(true, Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(join_all(calls), lower);
    for answer in answers {
        let (after, answer) = answer.unwrap();
        assert!(!(after && paid(&answer)), "paid after the cap was lowered below what is spent");
        assert!(paid(&answer) || code(&answer) == "LIMIT_PER_MONTH", "{answer:?}");
    }
    home.app.quotas_add_up().await;
    home.app.verified().await;
}

/// Property 5, h04: 50 parallel calls with one key are one payment and one answer, also through two replicas; keys are per account.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h04_r0_8_50_parallel_calls_with_one_key() {
    let server = PgServer::start_with(Durability::None).await;
    let home = home(&server, 24, "100.00").await;
    let orders = orders(&home, 2).await;
    let pay = |order: &str| {
        let order = order.to_owned();
        let home = &home;
        async move { home.app.pay_intimately(&home.father, &home.relation, &order, "one key", PAYMENT_PASSWORD).await }
    };
    let answers = join_all((0..50).map(|_| pay(&orders[0]))).await;
    for answer in &answers {
        assert!(paid(answer), "{answer:?}");
        assert_eq!(answer.0, answers[0].0, "everybody gets the same answer");
    }
    assert_eq!(home.used().await, "1.00");
    assert_eq!(pay(&orders[1]).await.code(), "IDEMPOTENCY_CONFLICT");
    // The same text is another key for another account: the daughter uses it, and nothing of his is told.
    let foreign =
        home.app.pay_intimately(&home.daughter, &home.relation, &orders[0], "one key", PAYMENT_PASSWORD).await;
    assert_eq!(foreign.code(), "NOT_FOUND");
    home.close().await;
}

/// Property 7, h10: refunds in parallel never exceed the payment, and give back exactly as much quota as money.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h10_r0_13_refunds_in_parallel_never_exceed_the_payment() {
    let server = PgServer::start_with(Durability::None).await;
    let home = home(&server, 24, "1000.00").await;
    let order = home.order("30.00", "books").await;
    assert!(paid(&home.pay(&order).await));
    assert!(paid(&home.buy("5.00", "books").await));
    let ask =
        "mutation($input: RequestRefundInput!) { requestRefund(input: $input) { refund { id } userErrors { code } } }";
    let asked = join_all((0..60).map(|_| {
        let input = json!({ "orderId": order, "amount": { "amount": "1.00" }, "reason": "x" });
        home.app.run(Some(&home.father.token), ask, json!({ "input": input }))
    }))
    .await;
    let refunds: Vec<String> = asked
        .iter()
        .filter_map(|answer| answer.0["data"]["requestRefund"]["refund"]["id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(refunds.len(), 30, "thirty times ¥1 of ¥30");
    // Each is approved twice, with two keys: one does it, the other is told.
    let approvals = refunds.iter().flat_map(|refund| {
        [1, 2].map(|n| {
            let key = format!("{refund}-{n}");
            let home = &home;
            async move { home.app.approve(&home.seller, refund, &key).await }
        })
    });
    let approved = join_all(approvals).await;
    let done = approved.iter().filter(|a| a.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED").count();
    assert_eq!(done, 30);
    assert_eq!(home.used().await, "5.00");
    home.close().await;
}

/// Payments and refunds of one relation at the same time: no deadlock, no fen too much or too little.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_r0_13_payments_and_refunds_at_the_same_time() {
    let server = PgServer::start_with(Durability::None).await;
    let home = home(&server, 24, "1000.00").await;
    let orders = orders(&home, 80).await;
    for order in &orders[..40] {
        assert!(paid(&home.pay(order).await));
    }
    let mut refunds = Vec::new();
    for order in &orders[..40] {
        refunds.push(home.app.refund(&home.father, order, "1.00").await);
    }
    let pays = join_all(orders[40..].iter().map(|order| home.pay(order)));
    let approvals = join_all(refunds.iter().map(|refund| home.app.approve(&home.seller, refund, refund)));
    let (pays, approvals) = tokio::join!(pays, approvals);
    for answer in &pays {
        assert!(paid(answer), "{answer:?}");
    }
    for answer in &approvals {
        assert_eq!(answer.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer:?}");
    }
    assert_eq!(home.used().await, "40.00");
    home.close().await;
}

/// 0.9: of confirmations at the same time no payer gets a sixth relation.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_r0_9_ten_confirmations_at_once_open_five_relations() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 24).await;
    let daughter = app.account("daughter").await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        let relative = app.account("relative").await;
        let link = app.family(&daughter, &relative).await;
        let asked = app.ask_terms(&daughter, &link, json!({ "monthlyCap": { "amount": "100" } })).await.data();
        tokens.push(asked["openIntimatePay"]["confirmationToken"].as_str().unwrap().to_owned());
    }
    app.step_up(&daughter).await;
    // Each twice: a token opens one relation.
    let confirmed = join_all(tokens.iter().chain(&tokens).map(|token| app.confirm_terms(&daughter, token))).await;
    let opened =
        confirmed.iter().filter(|a| a.0["data"]["confirmIntimatePay"]["intimatePay"]["id"].is_string()).count();
    assert_eq!(opened, 5);
    for answer in &confirmed {
        let code = answer.user_error("confirmIntimatePay");
        assert!(["", "TOO_MANY_RELATIONS", "CONFIRMATION_USED"].contains(&code), "{answer:?}");
    }
    app.stop().await;
}
