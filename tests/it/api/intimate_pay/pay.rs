//! Requirements 0.7, 0.8 and 0.13: paying, who sees what, refunds.

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::intimate::{Home, PAYMENT_PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn r0_8_he_pays_with_nothing_of_his_own_and_her_balance_is_debited() {
    let home = Home::open("500").await;
    let order = home.order("37.50", "books").await;
    let paid = home.pay(&order).await.data()["payWithIntimatePay"].clone();
    assert_eq!((&paid["purchase"]["state"], &paid["payment"]["state"]), (&json!("PAID"), &json!("CAPTURED")), "{paid}");
    assert_eq!(paid["purchase"]["amount"]["amount"], "37.50");
    assert_eq!(home.used().await, "37.50");
    // The order is paid: not by anybody a second time.
    let again = home.app.pay_intimately(&home.father, &home.relation, &order, "another key", PAYMENT_PASSWORD).await;
    assert_eq!(again.user_error("payWithIntimatePay"), "ALREADY_PAID", "{again:?}");
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await;
    assert_eq!(asked.user_error("askToPay"), "ALREADY_PAID", "{asked:?}");
    // h03: the same key again gives the same answer.
    assert_eq!(home.pay(&order).await.data()["payWithIntimatePay"]["purchase"]["id"], paid["purchase"]["id"]);
    assert_eq!(home.used().await, "37.50");
    // One method serves several relations.
    let aunt = home.app.account("aunt").await;
    home.app.payment_password(&aunt).await;
    let link = home.app.family(&home.daughter, &aunt).await;
    let other = home.app.relation(&home.daughter, &link, json!({ "monthlyCap": { "amount": "100" } })).await;
    home.app.methods(&home.daughter, &other, &[&home.method]).await;
    let item = home.app.item(&home.seller, &home.shop, "10.00").await;
    let hers = home.app.unpaid_order(&aunt, &home.shop, &item, 1).await;
    let paid = home.app.pay_intimately(&aunt, &other, &hers, "k", PAYMENT_PASSWORD).await;
    assert_eq!(paid.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    assert_eq!(home.used().await, "37.50", "each relation counts for itself");
    home.close().await;
}

/// h05, h19: without a key nothing moves; neither somebody else's relation nor somebody else's order is there.
#[tokio::test(flavor = "multi_thread")]
async fn r0_8_h05_h19_only_his_own_order_with_his_own_relation_and_a_key() {
    let home = Home::open("500").await;
    let order = home.order("10.00", "books").await;
    let query = "mutation($input: PayWithIntimatePayInput!) {
        payWithIntimatePay(input: $input) { userErrors { code } } }";
    let input = json!({ "intimatePayId": home.relation, "orderId": order, "paymentPassword": PAYMENT_PASSWORD });
    let answer = home.app.run(Some(&home.father.token), query, json!({ "input": input })).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    let stranger = home.app.account("stranger").await;
    home.app.payment_password(&stranger).await;
    let pay = |who, order| home.app.pay_intimately(who, &home.relation, order, "k", PAYMENT_PASSWORD);
    assert_eq!(pay(&stranger, order.as_str()).await.code(), "NOT_FOUND");
    assert_eq!(pay(&home.daughter, order.as_str()).await.code(), "NOT_FOUND", "the payer buys by other means");
    let item = home.app.item(&home.seller, &home.shop, "1.00").await;
    let foreign = home.app.unpaid_order(&stranger, &home.shop, &item, 1).await;
    let foreign_and_paid = home.app.order(&stranger, &home.shop, &item, 1).await;
    for bad in
        [foreign.as_str(), foreign_and_paid.as_str(), "order_01h455vb4pex5vsknk084sn02q", "x", home.relation.as_str()]
    {
        assert_eq!(pay(&home.father, bad).await.code(), "NOT_FOUND", "{bad}");
    }
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_8_h04_one_key_is_one_payment_and_other_content_a_conflict() {
    let home = Home::open("500").await;
    let (one, other) = (home.order("10.00", "books").await, home.order("10.00", "books").await);
    let pay = |order| home.app.pay_intimately(&home.father, &home.relation, order, "one key", PAYMENT_PASSWORD);
    let answers = join_all((0..50).map(|_| pay(one.as_str()))).await;
    for answer in &answers {
        assert_eq!(answer.0, answers[0].0, "everybody gets the same answer");
    }
    assert_eq!(answers[0].0["data"]["payWithIntimatePay"]["purchase"]["state"], "PAID", "{:?}", answers[0]);
    assert_eq!(pay(other.as_str()).await.code(), "IDEMPOTENCY_CONFLICT");
    assert_eq!(home.used().await, "10.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_7_both_see_what_they_may_and_the_payer_as_it_happens() {
    let home = Home::open("500").await;
    let live = "subscription($id: ID!) { intimateSpending(intimatePayId: $id) { title amount { amount } } }";
    let mut stream = home.app.subscribe(&home.daughter, live, json!({ "id": home.relation })).await;
    let first = tokio::spawn(async move { (stream.next().await, stream) });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    home.buy("37.50", "books").await.data();
    let (told, _stream) = tokio::time::timeout(std::time::Duration::from_secs(20), first).await.unwrap().unwrap();
    assert_eq!(told.unwrap().data()["intimateSpending"]["amount"]["amount"], "37.50");
    let denied = home.app.subscribe(&home.father, live, json!({ "id": home.relation })).await.next().await.unwrap();
    assert_eq!(denied.code(), "NOT_FOUND", "the payer's alone");
    let select = "isPayer used { amount } left { amount } resetsAt terms { monthlyCap { amount } }
        purchases { edges { node { state amount { amount } category orderId } } }";
    for (who, payer) in [(&home.daughter, true), (&home.father, false)] {
        let seen = home.seen(who, select).await;
        assert_eq!(seen["isPayer"], json!(payer), "{seen}");
        assert_eq!((&seen["used"]["amount"], &seen["left"]["amount"]), (&json!("37.50"), &json!("462.50")));
        assert_eq!(seen["resetsAt"], "2026-11-30T16:00:00Z", "the 1st in Shanghai");
        assert_eq!(seen["purchases"]["edges"][0]["node"]["state"], "PAID");
    }
    let stranger = home.app.account("stranger").await;
    let node = home.app.ok(&stranger, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": home.relation })).await;
    assert_eq!(node["node"], Value::Null);
    let list = "{ viewer { intimatePays { edges { node { id isPayer } } } } }";
    let listed = home.app.ok(&home.father, list, json!({})).await;
    assert_eq!(listed["viewer"]["intimatePays"]["edges"][0]["node"], json!({ "id": home.relation, "isPayer": false }));
    home.app.deliver().await;
    for who in [&home.daughter, &home.father] {
        let told = home.app.ok(who, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
        assert!(told.to_string().contains("intimate_pay.used"), "{told}");
    }
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_13_refunds_restore_money_and_quota_in_parts_and_never_past_the_payment() {
    let home = Home::open("100").await;
    let order = home.order("90.00", "books").await;
    home.pay(&order).await.data();
    assert_eq!(home.buy("20.00", "books").await.user_error("payWithIntimatePay"), "LIMIT_PER_MONTH");
    let refunded = home.app.refund_all(&home.seller, &home.father, &order, "30.00").await;
    assert_eq!(refunded["refund"]["state"], "APPROVED", "{refunded}");
    assert_eq!(home.used().await, "60.00");
    assert_eq!(home.buy("20.00", "books").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    home.app.refund_all(&home.seller, &home.father, &order, "60.00").await;
    assert_eq!(home.used().await, "20.00");
    let seen = home.seen(&home.daughter, "purchases(last: 1) { edges { node { givenBack { amount } state } } }").await;
    assert_eq!(seen["purchases"]["edges"][0]["node"], json!({ "givenBack": { "amount": "90.00" }, "state": "PAID" }));
    let more = "mutation($input: RequestRefundInput!) { requestRefund(input: $input) { userErrors { code } } }";
    let input = json!({ "orderId": order, "amount": { "amount": "0.01" }, "reason": "more" });
    let answer = home.app.run(Some(&home.father.token), more, json!({ "input": input })).await;
    assert_eq!(answer.user_error("requestRefund"), "EXCEEDS_ORDER");
    home.close().await;
}

/// 0.5 and 0.8: first the preferred method, then the next; the answer says which; what no method pays comes to nothing, and the
/// quota is back (0.13).
#[tokio::test(flavor = "multi_thread")]
async fn r0_5_r0_13_the_next_method_pays_and_what_none_pays_gives_its_quota_back() {
    let home = Home::open("500").await;
    let declined = home.app.card(&home.daughter, "4000000000000002").await;
    home.app.methods(&home.daughter, &home.relation, &[&declined, &home.method]).await;
    let paid = home.buy("10.00", "books").await.data()["payWithIntimatePay"].clone();
    assert_eq!(paid["purchase"]["state"], "PENDING", "{paid}");
    assert_eq!(home.used().await, "10.00", "counted from the moment it begins");
    home.app.pay_out().await;
    let select = "purchases(first: 1) { edges { node { state } } }";
    assert_eq!(home.seen(&home.daughter, select).await["purchases"]["edges"][0]["node"]["state"], "PAID");
    home.app.methods(&home.daughter, &home.relation, &[&declined]).await;
    home.buy("20.00", "books").await.data();
    assert_eq!(home.used().await, "30.00");
    home.app.pay_out().await;
    assert_eq!(home.seen(&home.daughter, select).await["purchases"]["edges"][0]["node"]["state"], "FAILED");
    assert_eq!(home.used().await, "10.00");
    home.app.deliver().await;
    let told = home.app.ok(&home.father, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("intimate_pay.failed"), "{told}");
    home.close().await;
}

/// 0.5: both sides are told what kind of method paid and in which place it stood; which one it was, the payer alone.
#[tokio::test(flavor = "multi_thread")]
async fn r0_8_the_answer_says_which_method_was_used() {
    let home = Home::open("500").await;
    let select = "payment { methodKind attempt failure method { id label lastFour } }";
    let pay = format!(
        "mutation($input: PayWithIntimatePayInput!) {{ payWithIntimatePay(input: $input) @idempotent(key: \"k\") {{ {select} }} }}"
    );
    let order = home.order("10.00", "books").await;
    let input = json!({ "intimatePayId": home.relation, "orderId": order, "paymentPassword": PAYMENT_PASSWORD });
    let paid = home.app.ok(&home.father, &pay, json!({ "input": input })).await;
    let by_balance = json!({ "methodKind": "BALANCE", "attempt": 1, "failure": null, "method": null });
    assert_eq!(paid["payWithIntimatePay"]["payment"], by_balance);
    let (declined, good) = (
        home.app.card(&home.daughter, "4000000000000002").await,
        home.app.card(&home.daughter, "4242424242424242").await,
    );
    home.app.methods(&home.daughter, &home.relation, &[&declined, &good]).await;
    home.buy("20.00", "books").await.data();
    home.app.pay_out().await;
    let purchases = format!("purchases {{ edges {{ node {{ {select} }} }} }}");
    let seen = home.seen(&home.father, &purchases).await;
    let by_card = json!({ "methodKind": "CREDIT_CARD", "attempt": 2, "failure": null, "method": null });
    assert_eq!(seen["purchases"]["edges"][0]["node"]["payment"], by_card, "{seen}");
    assert_eq!(seen["purchases"]["edges"][1]["node"]["payment"], by_balance);
    let seen = home.seen(&home.daughter, &purchases).await;
    let method = |at: usize| seen["purchases"]["edges"][at]["node"]["payment"]["method"].clone();
    assert_eq!((&method(0)["id"], &method(0)["lastFour"]), (&json!(good), &json!("4242")), "{seen}");
    assert_eq!((&method(1)["id"], &method(1)["lastFour"]), (&json!(home.method), &Value::Null));
    let list = "{ viewer { payments(first: 2) { edges { node { methodKind attempt method { id label } } } } } }";
    let listed = home.app.ok(&home.daughter, list, json!({})).await;
    assert_eq!(listed["viewer"]["payments"]["edges"][0]["node"]["method"]["id"], good, "{listed}");
    home.app.both_ways(&home.daughter, list, json!({})).await;
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_7_the_payer_hears_live_how_it_ended_and_what_comes_back() {
    let home = Home::open("500").await;
    let (good, declined) = (
        home.app.card(&home.daughter, "4242424242424242").await,
        home.app.card(&home.daughter, "4000000000000002").await,
    );
    home.app.methods(&home.daughter, &home.relation, &[&good]).await;
    let live = "subscription($id: ID!) { intimateSpending(intimatePayId: $id) {
        state givenBack { amount } payment { state methodKind refunded { amount } } } }";
    let mut stream = home.app.subscribe(&home.daughter, live, json!({ "id": home.relation })).await;
    // The subscription begins when it is first asked, and goes on in a task of its own.
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(answer) = stream.next().await {
            sender.send(answer.data()["intimateSpending"].clone()).unwrap();
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut next = async || {
        let told = tokio::time::timeout(std::time::Duration::from_secs(20), told.recv());
        let told = told.await.unwrap().unwrap();
        let payment = &told["payment"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        [
            text(&told["state"]),
            text(&told["givenBack"]["amount"]),
            text(&payment["state"]),
            text(&payment["refunded"]["amount"]),
        ]
    };
    let order = home.order("30.00", "books").await;
    home.pay(&order).await.data();
    assert_eq!(next().await, ["PENDING", "0.00", "PENDING", "0.00"]);
    home.app.pay_out().await;
    assert_eq!(next().await, ["PAID", "0.00", "CAPTURED", "0.00"]);
    home.app.refund_all(&home.seller, &home.father, &order, "10.00").await;
    assert_eq!(next().await, ["PAID", "10.00", "CAPTURED", "10.00"]);
    home.app.methods(&home.daughter, &home.relation, &[&declined]).await;
    home.buy("5.00", "books").await.data();
    assert_eq!(next().await, ["PENDING", "0.00", "PENDING", "0.00"]);
    home.app.pay_out().await;
    assert_eq!(next().await, ["FAILED", "0.00", "FAILED", "0.00"]);
    home.close().await;
}
