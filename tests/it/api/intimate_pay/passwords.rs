//! Requirements 0.6 and 0.10: the payment password, its lock-out, its age.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, PASSWORD, Persona, TestApp};
use crate::support::intimate::{Home, PAYMENT_PASSWORD};

async fn set(app: &TestApp, who: &Persona, password: &str, old: Option<&str>) -> Answer {
    let query = "mutation($input: SetPaymentPasswordInput!) {
        setPaymentPassword(input: $input) { setAt userErrors { code field message } } }";
    app.run(Some(&who.token), query, json!({ "input": { "password": password, "paymentPassword": old } })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_6_five_wrong_tries_lock_it_for_thirty_minutes_and_a_step_up_recovers() {
    let home = Home::open("500").await;
    let order = home.order("10.00", "books").await;
    let pay =
        |password: &'static str| home.app.pay_intimately(&home.father, &home.relation, &order, "one key", password);
    for left in [4, 3, 2, 1] {
        let answer = pay("246802").await;
        assert_eq!(answer.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_WRONG");
        let said = answer.0["data"]["payWithIntimatePay"]["userErrors"][0]["message"].to_string();
        assert!(said.contains(&format!("Tries left: {left}")), "{said}");
    }
    assert_eq!(pay("246802").await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED");
    assert_eq!(
        pay(PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"),
        "PAYMENT_PASSWORD_LOCKED",
        "right ones too"
    );
    let locked = "{ viewer { paymentSecurity { lockedUntil } } }";
    let seen = home.app.ok(&home.father, locked, json!({})).await;
    assert_eq!(seen["viewer"]["paymentSecurity"]["lockedUntil"], "2026-11-21T04:30:00Z", "{seen}");
    home.app.deliver().await;
    let told = home.app.ok(&home.father, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("payment_password.locked"));
    // The lock is the father's own: the daughter's password is another.
    assert_eq!(
        set(&home.app, &home.daughter, "864209", Some(PAYMENT_PASSWORD)).await.user_error("setPaymentPassword"),
        ""
    );
    // The old one is locked as well; who steps up sets a new one, which opens it.
    let refused = set(&home.app, &home.father, "864209", Some(PAYMENT_PASSWORD)).await;
    assert_eq!(refused.user_error("setPaymentPassword"), "PAYMENT_PASSWORD_LOCKED");
    home.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(set(&home.app, &home.father, "864209", None).await.user_error("setPaymentPassword"), "STEP_UP_REQUIRED");
    home.app.step_up(&home.father).await;
    assert_eq!(set(&home.app, &home.father, "864209", None).await.user_error("setPaymentPassword"), "");
    assert_eq!(pay(PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_WRONG", "the old one");
    assert_eq!(pay("864209").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_6_the_lock_ends_by_itself_and_a_right_one_forgets_the_wrong_ones() {
    let home = Home::open("500").await;
    let order = home.order("10.00", "books").await;
    let pay = |key: &'static str, password: &'static str| {
        home.app.pay_intimately(&home.father, &home.relation, &order, key, password)
    };
    for _ in 0..5 {
        pay("1", "246802").await;
    }
    home.app.clock.advance(TimeDelta::minutes(30) - TimeDelta::microseconds(1));
    assert_eq!(pay("1", PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED");
    home.app.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(pay("1", PAYMENT_PASSWORD).await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(pay("2", "246802").await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_WRONG");
        }
        // Right, although nothing is paid by it.
        assert_ne!(pay("2", PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED");
    }
    home.close().await;
}

/// h32: neither aliases of one request, nor parallel ones, nor `@dryRun` give a try for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn r0_6_h32_tries_are_counted_before_anything_is_compared() {
    let home = Home::open("500").await;
    let order = home.order("10.00", "books").await;
    let guesses: Vec<String> = (0..40).map(|n| format!("9{n:05}")).collect();
    let tries = guesses.iter().map(|guess| home.app.pay_intimately(&home.father, &home.relation, &order, "k", guess));
    let answers = join_all(tries).await;
    let code = |answer: &Answer| answer.user_error("payWithIntimatePay").to_owned();
    let wrong = answers.iter().filter(|answer| code(answer) == "PAYMENT_PASSWORD_WRONG").count();
    assert!(wrong <= 4, "{wrong} told that they were wrong, and the fifth that it is locked");
    let told = answers.iter().map(code).collect::<std::collections::BTreeSet<_>>();
    assert!(told.iter().all(|code| code.starts_with("PAYMENT_PASSWORD_")), "{told:?}");
    let query = "mutation($input: PayWithIntimatePayInput!) {
        payWithIntimatePay(input: $input) @dryRun @idempotent(key: \"x\") { userErrors { code } } }";
    let input = json!({ "intimatePayId": home.relation, "orderId": order, "paymentPassword": PAYMENT_PASSWORD });
    let answer = home.app.run(Some(&home.father.token), query, json!({ "input": input })).await;
    assert_eq!(answer.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED", "{answer:?}");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_6_h35_it_is_kept_as_a_hash_and_never_returned() {
    let app = TestApp::start().await;
    let who = app.account("daughter").await;
    app.step_up(&who).await;
    assert_eq!(set(&app, &who, "7-canary-3", None).await.user_error("setPaymentPassword"), "");
    assert_eq!(set(&app, &who, "8-canary-4", Some("7-canary-3")).await.user_error("setPaymentPassword"), "");
    let dump = app.dump().await;
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    for canary in ["7-canary-3", "8-canary-4"] {
        assert!(!dump.contains(canary) && !dump.contains(&hex(canary)));
    }
    assert!(dump.contains("$argon2id$"));
    for bad in ["12345", "123456", "000000", ""] {
        assert_eq!(set(&app, &who, bad, None).await.user_error("setPaymentPassword"), "PAYMENT_PASSWORD_TOO_SIMPLE");
    }
    let same = set(&app, &who, PASSWORD, None).await;
    assert_eq!(same.user_error("setPaymentPassword"), "PAYMENT_PASSWORD_SAME_AS_LOGIN");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_10_the_age_of_log_in_and_payment_password_is_shown_with_a_reminder_after_90_days() {
    let app = TestApp::start().await;
    let who = app.account("daughter").await;
    let query = "{ viewer { paymentSecurity { login { days reminder } paymentPassword { since days reminder } } } }";
    let seen = app.ok(&who, query, json!({})).await;
    assert_eq!(seen["viewer"]["paymentSecurity"]["paymentPassword"], Value::Null);
    app.payment_password(&who).await;
    app.sql("UPDATE sessions SET expires_at = expires_at + interval '1 year'").await;
    app.clock.advance(TimeDelta::days(89));
    let seen = app.ok(&who, query, json!({})).await["viewer"]["paymentSecurity"].clone();
    assert_eq!((&seen["paymentPassword"]["days"], &seen["paymentPassword"]["reminder"]), (&json!(89), &Value::Null));
    app.clock.advance(TimeDelta::days(1));
    let seen = app.ok(&who, query, json!({})).await["viewer"]["paymentSecurity"].clone();
    assert!(seen["paymentPassword"]["reminder"].as_str().unwrap().contains("setPaymentPassword"), "{seen}");
    assert_eq!(seen["login"]["days"], 90);
    assert!(seen["login"]["reminder"].is_string(), "{seen}");
    app.stop().await;
}

/// At the amount nothing more is needed; one fen over it a code is, and the log-in password is none.
#[tokio::test(flavor = "multi_thread")]
async fn r0_10_a_payment_over_the_step_up_amount_needs_a_one_time_code() {
    let home = Home::with(json!({ "monthlyCap": { "amount": "500" }, "stepUpAbove": { "amount": "50" } })).await;
    let pay = async |order: &str| home.pay(order).await.data()["payWithIntimatePay"].clone();
    let email = "father@example.com";
    assert_eq!(pay(&home.order("50.00", "books").await).await["purchase"]["state"], "PAID");
    let order = home.order("50.01", "books").await;
    // Setting the payment password had stepped the session up by the password, which does not count.
    home.app.step_up(&home.father).await;
    let refused = pay(&order).await;
    assert_eq!(refused["userErrors"][0]["code"], "STEP_UP_REQUIRED", "{refused}");
    let limit = &refused["limit"];
    assert_eq!((&limit["limit"], &limit["canBeAsked"]), (&json!("50.00"), &json!(false)), "{limit}");
    assert_eq!(limit["stepUpFactors"], json!([]), "he has none yet");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("Bind a phone"), "{refused}");
    home.app.bind_email(&home.father, email).await;
    let refused = pay(&order).await;
    assert_eq!(refused["limit"]["stepUpFactors"], json!(["CODE"]), "{refused}");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("a code to your phone or e-mail"));
    assert_eq!(home.used().await, "50.00", "what is refused is not counted");
    home.app.step_up_by_code(&home.father, email).await;
    assert_eq!(pay(&order).await["purchase"]["state"], "PAID");
    // It lasts for fifteen minutes, and a step-up by the password afterwards takes its place.
    let order = home.order("60.00", "books").await;
    home.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(pay(&order).await["userErrors"][0]["code"], "STEP_UP_REQUIRED");
    home.app.step_up_by_code(&home.father, email).await;
    home.app.clock.advance(TimeDelta::minutes(15) - TimeDelta::microseconds(1));
    assert_eq!(pay(&order).await["purchase"]["state"], "PAID");
    // A code helps against no other limit.
    let order = home.order("450.00", "books").await;
    home.app.step_up_by_code(&home.father, email).await;
    assert_eq!(pay(&order).await["userErrors"][0]["code"], "LIMIT_PER_MONTH");
    home.close().await;
}

/// Whoever confirms the payment gives the code: the payer, when she was asked.
#[tokio::test(flavor = "multi_thread")]
async fn r0_10_what_the_payer_approves_over_the_amount_needs_a_code_of_hers() {
    let home = Home::with(json!({ "monthlyCap": { "amount": "100" }, "stepUpAbove": { "amount": "50" } })).await;
    let order = home.order("150.00", "books").await;
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"].clone();
    let id = asked["id"].as_str().unwrap();
    home.app.bind_email(&home.daughter, "daughter@example.com").await;
    home.app.step_up(&home.daughter).await;
    let refused = home.app.approve_request(&home.daughter, id).await.data()["approvePayRequest"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "STEP_UP_REQUIRED", "{refused}");
    assert_eq!(refused["limit"]["stepUpFactors"], json!(["CODE"]));
    home.app.step_up_by_code(&home.daughter, "daughter@example.com").await;
    let paid = home.app.approve_request(&home.daughter, id).await.data()["approvePayRequest"].clone();
    assert_eq!(paid["purchase"]["state"], "PAID", "{paid}");
    home.close().await;
}

/// One code is for one payment; what is refused for another reason leaves it.
#[tokio::test(flavor = "multi_thread")]
async fn r0_10_a_one_time_code_confirms_one_payment() {
    let home = Home::with(json!({ "monthlyCap": { "amount": "500" }, "stepUpAbove": { "amount": "50" } })).await;
    let email = "father@example.com";
    home.app.bind_email(&home.father, email).await;
    home.app.step_up_by_code(&home.father, email).await;
    assert_eq!(home.buy("500.01", "books").await.user_error("payWithIntimatePay"), "LIMIT_PER_MONTH");
    assert_eq!(home.buy("10.00", "books").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    let order = home.order("60.00", "books").await;
    let paid = home.pay(&order).await.data()["payWithIntimatePay"].clone();
    assert_eq!(paid["purchase"]["state"], "PAID", "neither a refusal nor a small purchase used it up: {paid}");
    assert_eq!(home.pay(&order).await.data()["payWithIntimatePay"]["purchase"]["id"], paid["purchase"]["id"], "h03");
    let next = home.order("60.00", "books").await;
    assert_eq!(home.pay(&next).await.user_error("payWithIntimatePay"), "STEP_UP_REQUIRED");
    home.app.step_up_by_code(&home.father, email).await;
    // Of two at once with one code, one passes.
    let other = home.order("60.00", "books").await;
    let answers = join_all([home.pay(&next), home.pay(&other)]).await;
    let mut codes: Vec<&str> = answers.iter().map(|answer| answer.user_error("payWithIntimatePay")).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["", "STEP_UP_REQUIRED"]);
    assert_eq!(home.used().await, "130.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_6_who_can_get_a_code_needs_one_to_replace_a_payment_password() {
    let app = TestApp::start().await;
    let who = app.account("daughter").await;
    app.payment_password(&who).await;
    app.bind_email(&who, "daughter@example.com").await;
    app.step_up(&who).await;
    let refused = set(&app, &who, "864209", None).await;
    assert_eq!(
        refused.user_error("setPaymentPassword"),
        "STEP_UP_REQUIRED",
        "the password of the log-in is not enough"
    );
    let said = refused.0["data"]["setPaymentPassword"]["userErrors"][0]["message"].to_string();
    assert!(said.contains("a code to your phone or e-mail"), "{said}");
    app.step_up_by_code(&who, "daughter@example.com").await;
    assert_eq!(set(&app, &who, "864209", None).await.user_error("setPaymentPassword"), "");
    // Who knows the old one needs no step-up.
    app.step_up(&who).await;
    assert_eq!(set(&app, &who, "975310", Some("864209")).await.user_error("setPaymentPassword"), "");
    app.stop().await;
}
