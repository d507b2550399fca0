//! Approvals of different shops that arrive together and share transactions.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use kith::kernel::ids::{GrantId, RefundId, TypedId};
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

/// A shop with two buyers who had money back before, so that their balances are there.
struct Stall {
    id: String,
    seller: Persona,
    item: String,
    buyers: Vec<Persona>,
}

impl Stall {
    async fn open(app: &TestApp) -> Self {
        let seller = app.account("seller").await;
        let id = app.shop(&seller).await;
        let item = app.item(&seller, &id, "10.00").await;
        let stall = Self { buyers: vec![app.account("buyer").await, app.account("buyer").await], id, seller, item };
        for (who, refund) in stall.refunds(app).await {
            assert_eq!(state(&app.approve(&who, &refund, &refund).await), "APPROVED");
        }
        stall
    }

    async fn refund_of(&self, app: &TestApp, buyer: &Persona) -> String {
        let order = app.order(buyer, &self.id, &self.item, 1).await;
        app.refund(buyer, &order, "1.00").await
    }

    /// A refund for each buyer, with who may approve it.
    async fn refunds(&self, app: &TestApp) -> Vec<(Persona, String)> {
        let mut refunds = Vec::new();
        for buyer in &self.buyers {
            refunds.push((self.seller.clone(), self.refund_of(app, buyer).await));
        }
        refunds
    }
}

async fn stalls(app: &TestApp, count: usize) -> Vec<Stall> {
    join_all((0..count).map(|_| Stall::open(app))).await
}

fn state(answer: &Answer) -> &str {
    answer.0["data"]["approveRefund"]["refund"]["state"].as_str().unwrap_or_else(|| panic!("{answer:?}"))
}

/// Approves all at the same time, each with its id as key.
async fn approve(app: &TestApp, refunds: &[(Persona, String)]) -> Vec<Value> {
    join_all(refunds.iter().map(async |(who, refund)| app.approve(who, refund, refund).await.0)).await
}

/// How many approvals are on record, and how many transactions wrote them.
async fn written(app: &TestApp) -> (i64, i64) {
    let approvals = "audit_entries WHERE action = 'approveRefund' AND outcome = 'DONE'";
    let transactions = app.count(&format!("SELECT count(DISTINCT xmin::text) FROM {approvals}")).await;
    (app.count(&format!("SELECT count(*) FROM {approvals}")).await, transactions)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h01_h03_approvals_that_arrive_together_share_transactions() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stalls = stalls(&app, 12).await;
    let mut refunds = join_all(stalls.iter().map(|stall| stall.refunds(&app))).await.concat();
    // One that a balance has paid.
    let payer = app.account("payer").await;
    let method = app.balance(&payer, "100").await;
    let order = app.unpaid_order(&payer, &stalls[0].id, &stalls[0].item, 1).await;
    app.pay(&payer, &order, &[&method]).await.data();
    app.deliver().await;
    refunds.push((stalls[0].seller.clone(), app.refund(&payer, &order, "4.00").await));
    let (before, transactions_before) = written(&app).await;

    let answers = approve(&app, &refunds).await;
    for answer in &answers {
        assert_eq!(answer["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer}");
    }
    let (after, transactions) = written(&app).await;
    let (approvals, transactions) = (after - before, transactions - transactions_before);
    assert_eq!(approvals, 25);
    assert!(transactions < approvals, "{approvals} approvals in {transactions} transactions");
    let events = app.count("SELECT count(*) FROM outbox WHERE topic = 'refund.approved'").await;
    assert_eq!(events, 25, "one for each; those before were delivered");
    assert_eq!((app.held(&payer).await, app.held(&stalls[0].buyers[0]).await), ("94.00".into(), "2.00".into()));
    assert_eq!(app.newest_payment(&payer).await["refunded"]["amount"], "4.00");

    assert_eq!(approve(&app, &refunds).await, answers, "a retry gets the same answers");
    assert_eq!(written(&app).await.0, after, "and does nothing");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h04_h19_r5_7_what_cannot_be_done_does_not_keep_the_others_from_it() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stalls = stalls(&app, 8).await;
    let good = join_all(stalls.iter().map(|stall| stall.refunds(&app))).await.concat();
    let [one, two, ..] = &stalls[..] else { unreachable!() };

    let decided = one.refund_of(&app, &one.buyers[0]).await;
    app.approve(&one.seller, &decided, "decided").await.data();
    let conflict = one.refund_of(&app, &one.buyers[1]).await;
    let limited = one.refund_of(&app, &one.buyers[1]).await;
    let twice = two.refund_of(&app, &two.buyers[0]).await;
    let clerk = app.clerk(&one.id, "xiaoli", &["refund.read"]).await;
    app.grant(&one.id, &clerk, "refund.approve", 50).await;
    let unknown = RefundId::from_uuid(uuid::Uuid::now_v7()).to_string();
    let (before, _) = written(&app).await;

    let (others, again, reused, denied, not_there, not_theirs, first, second) = tokio::join!(
        approve(&app, &good),
        app.approve(&one.seller, &decided, "another key"),
        app.approve(&one.seller, &conflict, "decided"),
        app.approve(&clerk, &limited, "limited"),
        app.approve(&one.seller, &unknown, "unknown"),
        app.approve(&two.seller, &conflict, "foreign"),
        app.approve(&two.seller, &twice, "first"),
        app.approve(&two.seller, &twice, "second"),
    );
    for answer in others {
        assert_eq!(answer["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer}");
    }
    assert_eq!(again.user_error("approveRefund"), "ALREADY_DECIDED");
    assert_eq!(reused.code(), "IDEMPOTENCY_CONFLICT");
    assert_eq!((denied.code(), &denied.extensions()["reason"]), ("FORBIDDEN", &json!("LIMIT_PER_ACTION")));
    assert_eq!((not_there.code(), not_theirs.code()), ("NOT_FOUND", "NOT_FOUND"));
    let mut both = [first, second].map(|answer| answer.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED");
    both.sort_unstable();
    assert_eq!(both, [false, true], "one refund, one approval");
    assert_eq!(written(&app).await.0 - before, 17);
    let on_record = "SELECT count(*) FROM audit_entries WHERE action = 'approveRefund' AND outcome = 'DENIED'";
    assert_eq!(app.count(on_record).await, 1);
    app.verified().await;
    app.stop().await;
}

/// A clerk of each shop may approve for so much a day, half of them for too little.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h01_h03_limits_that_add_up_are_counted_together_and_never_exceeded() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stalls = stalls(&app, 8).await;
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (n, stall) in stalls.iter().enumerate() {
        let clerk = app.clerk(&stall.id, "xiaoli", &["refund.read"]).await;
        let grant = app.grant(&stall.id, &clerk, "refund.approve", 1_000).await;
        let per_day = if n % 2 == 0 { 10_000 } else { 300 };
        let limits = format!(r#"{{"perAction": 1000, "perDay": {per_day}, "countPerDay": 9, "perMonth": 10000}}"#);
        let grant = grant.parse::<GrantId>().unwrap().uuid();
        app.sql(&format!("UPDATE permission_grants SET constraints = '{limits}' WHERE id = '{grant}'")).await;
        first.push((clerk.clone(), stall.refund_of(&app, &stall.buyers[0]).await));
        for buyer in [&stall.buyers[0], &stall.buyers[1], &stall.buyers[0], &stall.buyers[1]] {
            rest.push((clerk.clone(), stall.refund_of(&app, buyer).await));
        }
    }
    for answer in approve(&app, &first).await {
        assert_eq!(answer["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer}");
    }
    let (before, transactions_before) = written(&app).await;

    let answers = approve(&app, &rest).await;
    for (n, four) in answers.chunks(4).enumerate() {
        let approved = four.iter().filter(|answer| answer["data"]["approveRefund"]["refund"]["state"] == "APPROVED");
        let denied = four.iter().filter(|answer| answer["errors"][0]["extensions"]["reason"] == "LIMIT_PER_DAY");
        let (most, none) = if n % 2 == 0 { (4, 0) } else { (2, 2) };
        assert_eq!((approved.count(), denied.count()), (most, none), "{four:?}");
    }
    let (after, transactions) = written(&app).await;
    let (approvals, transactions) = (after - before, transactions - transactions_before);
    assert_eq!(approvals, 24);
    assert!(transactions < approvals, "{approvals} approvals in {transactions} transactions");
    let counted = |amount: i64, uses: i64| {
        format!("SELECT count(*) FROM quota_usage WHERE amount_minor = {amount} AND uses = {uses}")
    };
    assert_eq!(app.count(&counted(500, 5)).await, 8, "a day and a month for each of four");
    assert_eq!(app.count(&counted(300, 3)).await, 8);
    assert_eq!(app.count("SELECT count(*) FROM quota_usage").await, 16);
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_nobody_waits_for_an_approval_that_waits_for_a_lock() {
    let server = PgServer::start_with(Durability::None).await;
    let app = Arc::new(TestApp::start_on(&server.fresh_database().await, 12).await);
    let mut stalls = stalls(&app, 6).await;
    let free = stalls.split_off(3);
    let mut holder = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    holder.batch_execute("BEGIN").await.unwrap();
    let mut stuck = Vec::new();
    for stall in &stalls {
        let (who, refund) = stall.refunds(&app).await.remove(0);
        let id = refund.parse::<RefundId>().unwrap().uuid();
        holder.batch_execute(&format!("SELECT 1 FROM refunds WHERE id = '{id}' FOR UPDATE")).await.unwrap();
        let app = Arc::clone(&app);
        stuck.push(tokio::spawn(async move { app.approve(&who, &refund, &refund).await }));
    }
    while app.count("SELECT count(*) FROM pg_locks WHERE NOT granted").await < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refunds = join_all(free.iter().map(|stall| stall.refunds(&app))).await.concat();
    for answer in approve(&app, &refunds).await {
        assert_eq!(answer["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer}");
    }
    assert!(stuck.iter().all(|approving| !approving.is_finished()));
    holder.batch_execute("COMMIT").await.unwrap();
    for answer in join_all(stuck).await {
        assert_eq!(state(&answer.unwrap()), "APPROVED");
    }
    app.verified().await;
}
