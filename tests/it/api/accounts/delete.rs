//! `deleteAccount`: the person goes, what others have a right to keep stays.

use chrono::TimeDelta;
use kith::domains::payments::ledger::{self, Problem};
use kith::kernel::{Currency, Money};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::app::{PASSWORD, Persona, TestApp};
use crate::support::intimate::PAYMENT_PASSWORD;

const DELETE: &str = "mutation($c: Boolean!) { deleteAccount(input: { confirmed: $c }) {
    accountId userErrors { code message } } }";
const PHONE: &str = "+8613812345634";

async fn delete(app: &TestApp, who: &Persona) -> Value {
    app.ok(who, DELETE, json!({ "c": true })).await["deleteAccount"].clone()
}

async fn step_up_by_code(app: &TestApp, who: &Persona) {
    app.deliver().await;
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.ok(who, "mutation { sendStepUpCode(input: {}) { sentTo } }", json!({})).await;
    let code = app.code_to(PHONE).await;
    let step_up = "mutation($c: String!) { stepUp(input: { code: $c }) { factor userErrors { code } } }";
    assert_eq!(app.ok(who, step_up, json!({ "c": code })).await["stepUp"]["factor"], "CODE");
}

/// What the tables know of an account: their names, those aside that only name its id.
async fn tables_that_know(app: &TestApp, words: &[&str]) -> Vec<String> {
    let dump = app.dump().await;
    words.iter().filter(|word| dump.contains(**word)).map(|word| (*word).to_owned()).collect()
}

const CERTIFY: &str =
    "mutation { certifyByDocument(input: { region: MAINLAND, number: \"11010519491231002X\", name: \"韩梅梅\" }) {
        certification { realName { state } } userErrors { code } } }";

/// A seller, a person of whom Kith knows much, and a friend of theirs.
async fn acquainted(app: &TestApp) -> (Persona, Persona, Persona) {
    let (seller, who, other) = (app.account("aurora").await, app.account("meimei").await, app.account("other").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "100.00").await;
    app.bind_phone(&who, PHONE).await;
    app.step_up(&who).await;
    app.bind_email(&who, "meimei@example.com").await;
    let add =
        "mutation { addDeliveryAddress(input: { recipient: \"韩梅梅\", phone: \"13812345634\", region: \"上海市\",
        street: \"南京路1号\" }) { address { id } } }";
    let address = app.ok(&who, add, json!({})).await["addDeliveryAddress"]["address"]["id"].clone();
    let place = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: \"one\") {
        order { id } userErrors { code } } }";
    let input = json!({ "shopId": shop, "itemId": item, "addressId": address });
    let order = app.ok(&who, place, json!({ "input": input })).await["placeOrder"]["order"]["id"].clone();
    let refund = app.refund(&who, order.as_str().unwrap(), "10.00").await;
    let reject = "mutation($id: ID!) { rejectRefund(input: { refundId: $id, reason: \"worn\" }) { refund { state } } }";
    assert_eq!(app.ok(&seller, reject, json!({ "id": refund })).await["rejectRefund"]["refund"]["state"], "REJECTED");
    received(app, &who, order.as_str().unwrap()).await;
    let certified = app.ok(&who, CERTIFY, json!({})).await;
    assert_eq!(certified["certifyByDocument"]["certification"]["realName"]["state"], "PASSED", "{certified}");
    let ask = "mutation($l: String!) { requestFriend(input: { login: $l }) { friend { id } userErrors { code } } }";
    app.ok(&who, ask, json!({ "l": other.login })).await;
    app.deliver().await;
    (seller, who, other)
}

/// The buyer has it: the money is the shop's.
async fn received(app: &TestApp, buyer: &Persona, order: &str) {
    let confirm = "mutation($id: ID!) { confirmReceipt(input: { orderId: $id }) @idempotent(key: \"received\") {
        order { id } userErrors { code } } }";
    let confirm = confirm.replace("received", &format!("received-{order}"));
    let confirmed = app.ok(buyer, &confirm, json!({ "id": order })).await;
    assert_eq!(confirmed["confirmReceipt"]["order"]["id"], order, "{confirmed}");
}

async fn goes(app: &TestApp, who: &Persona) {
    app.card(who, "4242424242424242").await;
    let unsure = app.ok(who, DELETE, json!({ "c": false })).await;
    assert_eq!(unsure["deleteAccount"]["userErrors"][0]["code"], "NOT_CONFIRMED");
    let weak = app.run(Some(&who.token), DELETE, json!({ "c": true })).await;
    assert_eq!(weak.0["errors"][0]["extensions"]["stepUpFactors"], json!(["CODE"]), "the password is not enough");
    step_up_by_code(app, who).await;
    let gone = delete(app, who).await;
    assert_eq!(gone, json!({ "accountId": who.id, "userErrors": [] }));
    assert_eq!(app.held_tokens().await, 1, "the card's, for the vault to forget");
    assert_eq!(app.worker().forget_cards(&tokio_util::sync::CancellationToken::new()).await.unwrap(), 1);
    assert_eq!(app.held_tokens().await, 0);
}

/// Nothing says who it was.
async fn nobody_knows(app: &TestApp, who: &Persona) {
    assert_eq!(app.run(Some(&who.token), "{ viewer { login } }", json!({})).await.code(), "UNAUTHENTICATED", "h20");
    let log_in = "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) { userErrors { code message } } }";
    let said =
        async |login: &str| app.run(None, log_in, json!({ "l": login, "p": PASSWORD })).await.data()["logIn"].clone();
    assert_eq!(said(&who.login).await, said("nobody-at-all").await, "as if there had never been one");
    assert_eq!(said(PHONE).await, said("+8613900000099").await);
    let uuid = kith::kernel::ids::TypedId::uuid(who.id.parse::<kith::kernel::ids::AccountId>().unwrap());
    for table in [
        "contacts",
        "contact_keys",
        "devices",
        "delivery_addresses",
        "certifications",
        "identity_keys",
        "messages",
        "one_time_codes",
        "notifications",
        "association_signals",
        "login_names",
    ] {
        let rows = app.count(&format!("SELECT count(*) FROM {table} WHERE account_id = '{uuid}'")).await;
        assert_eq!(rows, 0, "{table} still knows the account");
    }
    assert_eq!(app.count("SELECT count(*) FROM order_deliveries").await, 0);
    assert_eq!(app.count(&format!("SELECT count(*) FROM friends WHERE friend_id = '{uuid}'")).await, 0);
    assert_eq!(tables_that_know(app, &["韩梅梅", "南京路"]).await, Vec::<String>::new());
}

/// The shop keeps its order; number and identity are free; nothing comes back.
async fn others_go_on(app: &TestApp, seller: &Persona, who: &Persona, other: &Persona) {
    let sold = "{ shop { orders { edges { node { buyer { displayName } delivery { street } total { amount } } } } } }";
    let sold = app.ok(seller, sold, json!({})).await;
    let node = &sold["shop"]["orders"]["edges"][0]["node"];
    assert_eq!(*node, json!({ "buyer": { "displayName": "***" }, "delivery": null, "total": { "amount": "100.00" } }));
    app.bind_phone(other, PHONE).await;
    assert_eq!(app.ok(other, CERTIFY, json!({})).await["certifyByDocument"]["userErrors"], json!([]));
    let operator = app.operator(&["platform.account.disable"]).await;
    let enable = "mutation($id: ID!) { enableAccount(input: { accountId: $id }) { userErrors { code } } }";
    assert_eq!(
        app.run(Some(&operator.token), enable, json!({ "id": who.id })).await.code(),
        "NOT_FOUND",
        "it does not come back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn h36_a_person_goes_and_the_sums_stay() {
    let app = TestApp::start().await;
    // In boxes: as one future it would be too large for the stack of a test.
    let (seller, who, other) = Box::pin(acquainted(&app)).await;
    app.verified().await;
    let sums = app.sums().await;
    Box::pin(goes(&app, &who)).await;
    Box::pin(nobody_knows(&app, &who)).await;
    assert_eq!(app.sums().await, sums, "no money moved");
    app.verified().await;
    Box::pin(others_go_on(&app, &seller, &who, &other)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h36_what_must_be_settled_first_is_said() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    app.shop(&seller).await;
    app.step_up(&seller).await;
    let refused = delete(&app, &seller).await;
    assert_eq!(refused["userErrors"][0]["code"], "ACCOUNT_IN_USE", "{refused}");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("closeShop"));
    let operator = app.operator(&["platform.account.disable"]).await;
    let refused = delete(&app, &operator).await;
    assert_eq!(refused["userErrors"][0]["code"], "OPERATOR_ACCOUNT");
    assert_eq!(app.ok(&seller, "{ viewer { login } }", json!({})).await["viewer"]["login"], seller.login.as_str());
    app.stop().await;
}

/// Money on its way back, or that may still come back, keeps its owner.
#[tokio::test(flavor = "multi_thread")]
async fn h36_whoever_may_get_money_back_stays_until_then() {
    let app = TestApp::start().await;
    let (seller, who) = (app.account("aurora").await, app.account("meimei").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "100.00").await;
    let card = app.card(&who, "4242424242424242").await;
    app.step_up(&who).await;
    let stays = async |because: &str| {
        let refused = delete(&app, &who).await;
        assert_eq!(refused["userErrors"][0]["code"], "ACCOUNT_IN_USE", "{refused}");
        let said = refused["userErrors"][0]["message"].as_str().unwrap();
        assert!(said.contains(because), "{because}: {said}");
    };
    let bought = async || {
        let order = app.unpaid_order(&who, &shop, &item, 1).await;
        app.pay(&who, &order, &[&card]).await.data();
        app.pay_out().await;
        order
    };
    // Paid, and not settled.
    let kept = bought().await;
    stays("confirmReceipt").await;
    received(&app, &who, &kept).await;
    // A refund is asked for, on its way to the card, and there.
    let order = bought().await;
    let refund = app.refund(&who, &order, "100.00").await;
    stays("decided").await;
    app.approve(&seller, &refund, &refund).await.data();
    stays("reached their cards").await;
    app.pay_out().await;
    // Paid outside of Kith, it would come back to the balance.
    let outside = app.order(&who, &shop, &item, 1).await;
    stays("confirmReceipt").await;
    received(&app, &who, &outside).await;
    let gone = delete(&app, &who).await;
    assert_eq!(gone, json!({ "accountId": who.id, "userErrors": [] }));
    app.verified().await;
    app.stop().await;
}

/// Lets the worker set aside what came back to nobody; says of how many balances.
async fn set_aside(app: &TestApp) -> u64 {
    app.worker().set_aside(&CancellationToken::new()).await.unwrap()
}

/// What the balances of deleted accounts hold, and what is set aside, in fen.
async fn of_the_deleted(app: &TestApp) -> (i64, i64) {
    let held = async |kind: &str| {
        app.count(&format!(
            "SELECT coalesce(sum(a.balance_minor), 0)::bigint FROM ledger_accounts a JOIN accounts o ON o.id = a.owner_id
             WHERE o.state = 'DELETED' AND a.kind = '{kind}'"
        ))
        .await
    };
    (held("BALANCE").await, held("UNCLAIMED").await)
}

/// A father buys with his daughter's balance, her card, and a card that takes nothing back; all of it is settled, and she goes.
async fn bought_for(app: &TestApp, seller: &Persona, daughter: &Persona, father: &Persona) -> Vec<String> {
    let shop = app.shop(seller).await;
    let item = app.item(seller, &shop, "10.00").await;
    let methods = [
        app.balance(daughter, "10.00").await,
        app.card(daughter, "4242424242424242").await,
        app.card(daughter, "4000000000005126").await,
    ];
    for who in [daughter, father] {
        app.payment_password(who).await;
    }
    let link = app.family(daughter, father).await;
    let relation = app.relation(daughter, &link, json!({ "monthlyCap": { "amount": "500" } })).await;
    let mut orders = Vec::new();
    for method in &methods {
        app.methods(daughter, &relation, &[method]).await;
        let order = app.unpaid_order(father, &shop, &item, 1).await;
        app.pay_intimately(father, &relation, &order, &order, PAYMENT_PASSWORD).await.data();
        app.pay_out().await;
        received(app, father, &order).await;
        orders.push(order);
    }
    let end = "mutation($id: ID!) { endFamilyLink(input: { familyLinkId: $id }) { userErrors { code } } }";
    app.ok(father, end, json!({ "id": link })).await;
    app.step_up(daughter).await;
    assert_eq!(delete(app, daughter).await, json!({ "accountId": daughter.id, "userErrors": [] }));
    orders
}

/// A refund of what somebody paid who is gone: a card gets it back, and what nobody can spend is set aside, whichever way it came.
#[tokio::test(flavor = "multi_thread")]
async fn h36_what_comes_back_to_a_deleted_payer_goes_to_the_card_or_is_set_aside() {
    let app = TestApp::start().await;
    let (seller, daughter, father) =
        (app.account("aurora").await, app.account("daughter").await, app.account("father").await);
    let orders = Box::pin(bought_for(&app, &seller, &daughter, &father)).await;
    for order in &orders {
        let refund = app.refund(&father, order, "4.00").await;
        let approved = app.approve(&seller, &refund, &refund).await.data();
        assert_eq!(approved["approveRefund"]["refund"]["state"], "APPROVED", "{approved}");
    }
    app.verified().await;
    assert_eq!(of_the_deleted(&app).await, (400, 0), "that of the balance");
    assert_eq!((set_aside(&app).await, of_the_deleted(&app).await), (1, (0, 400)));
    // Both cards are asked, and one refuses.
    assert_eq!(app.pay_out().await, 2);
    app.verified().await;
    assert_eq!((set_aside(&app).await, of_the_deleted(&app).await), (1, (0, 800)));
    assert_eq!((set_aside(&app).await, of_the_deleted(&app).await), (0, (0, 800)), "once");
    app.verified().await;
    app.quotas_add_up().await;
    // The operator sees how much, and whose it was.
    let report = ledger::verify(&app.door.db).await.unwrap();
    assert_eq!(report.unclaimed, [Money::new(800, Currency::CNY)]);
    let operator = app.operator(&["platform.audit.read"]).await;
    let trail = "{ auditTrail(filter: { action: \"setAside\" }) { edges { node { target } } } }";
    let (trail, entry) = (app.ok(&operator, trail, json!({})).await, json!({ "node": { "target": daughter.id } }));
    assert_eq!(trail["auditTrail"]["edges"], json!([entry, entry]));
    // Nobody is told who cannot read it, and what is of somebody who is there is not set aside.
    app.deliver().await;
    let uuid = kith::kernel::ids::TypedId::uuid(daughter.id.parse::<kith::kernel::ids::AccountId>().unwrap());
    assert_eq!(app.count(&format!("SELECT count(*) FROM notifications WHERE account_id = '{uuid}'")).await, 0);
    app.sql(&format!("UPDATE accounts SET state = 'DISABLED' WHERE id = '{uuid}'")).await;
    let report = ledger::verify(&app.door.db).await.unwrap();
    let [found] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    assert_eq!(
        (found.problem, found.detail.as_str()),
        (Problem::UnclaimedMismatch, "is set aside of an account that is there")
    );
    app.stop().await;
}

/// A shop that decides nothing keeps a refund open and an order from settling, and nobody from going for ever.
#[tokio::test(flavor = "multi_thread")]
async fn h36_a_shop_that_decides_nothing_holds_nobody_for_ever() {
    let app = TestApp::start().await;
    let (seller, who) = (app.account("aurora").await, app.account("meimei").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "100.00").await;
    let order = app.order(&who, &shop, &item, 1).await;
    let refund = app.refund(&who, &order, "100.00").await;
    app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
    app.step_up(&who).await;
    let refused = delete(&app, &who).await;
    assert_eq!(refused["userErrors"][0]["code"], "ACCOUNT_IN_USE", "{refused}");
    assert!(
        refused["userErrors"][0]["message"].as_str().unwrap().contains("2026-12-21T04:00:00Z"),
        "until when: {refused}"
    );
    app.clock.advance(TimeDelta::days(30));
    app.worker().settle_orders(&CancellationToken::new()).await.unwrap();
    app.step_up(&who).await;
    assert_eq!(delete(&app, &who).await, json!({ "accountId": who.id, "userErrors": [] }));
    // The shop decides at last.
    app.approve(&seller, &refund, &refund).await.data();
    assert_eq!((set_aside(&app).await, of_the_deleted(&app).await), (1, (0, 10_000)));
    app.verified().await;
    app.stop().await;
}
