//! `bindPhone` and `bindEmail`.

use std::fmt::Write as _;

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::PgServer;

const SEND: &str = "mutation($phone: String!, $purpose: CodePurpose) {
    sendPhoneCode(input: { phone: $phone, purpose: $purpose }) { codeId userErrors { code } } }";
const BIND: &str = "mutation($phone: String!, $code: String!) { bindPhone(input: { phone: $phone, code: $code }) {
    contact { id kind masked boundAt } advice { code } userErrors { code field message } } }";
const PHONE: &str = "+8613812345634";

async fn send(app: &TestApp, who: &Persona, phone: &str) {
    let sent = app.ok(who, SEND, json!({ "phone": phone, "purpose": "BIND" })).await;
    assert_eq!(sent["sendPhoneCode"]["userErrors"], json!([]));
}

async fn bind(app: &TestApp, who: &Persona, phone: &str, code: &str) -> Answer {
    app.run(Some(&who.token), BIND, json!({ "phone": phone, "code": code })).await
}

/// A code of six digits that is not this one.
fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_2_the_right_code_binds_and_the_number_is_shown_masked() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    send(&app, &who, "138 1234 5634").await;
    let code = app.code_to(PHONE).await;
    let bound = bind(&app, &who, "138-1234-5634", &format!(" {code} ")).await.data()["bindPhone"].clone();
    assert_eq!(bound["contact"]["masked"], "+86138******34");
    assert_eq!(bound["contact"]["kind"], "PHONE");
    assert_eq!(bound["userErrors"], json!([]));
    let another = bind(&app, &who, PHONE, &code).await;
    assert_eq!(another.code(), "STEP_UP_REQUIRED", "3.10: another way in takes more than an open session");
    app.step_up(&who).await;
    let again = bind(&app, &who, PHONE, &code).await;
    assert_eq!(again.user_error("bindPhone"), "CODE_NOT_ASKED", "a code is good once");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_4_a_code_lives_ten_minutes_and_a_new_one_kills_the_old() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    assert_eq!(bind(&app, &who, PHONE, "123456").await.user_error("bindPhone"), "CODE_NOT_ASKED");
    send(&app, &who, PHONE).await;
    let first = app.code_to(PHONE).await;
    app.clock.advance(TimeDelta::minutes(9));
    send(&app, &who, PHONE).await;
    let second = app.code_to(PHONE).await;
    if first != second {
        assert_eq!(bind(&app, &who, PHONE, &first).await.user_error("bindPhone"), "CODE_WRONG");
    }
    app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(bind(&app, &who, PHONE, &second).await.user_error("bindPhone"), "CODE_EXPIRED");
    app.clock.advance(TimeDelta::minutes(-9));
    bind(&app, &who, PHONE, &second).await.data();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_a_clock_that_is_set_back_does_not_make_a_code_live_longer() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.clock.advance(TimeDelta::hours(1));
    send(&app, &who, PHONE).await;
    let code = app.code_to(PHONE).await;
    app.clock.advance(TimeDelta::hours(-1));
    assert_eq!(bind(&app, &who, PHONE, &code).await.user_error("bindPhone"), "CODE_EXPIRED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_aliases_of_one_request_are_tries() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    send(&app, &who, PHONE).await;
    let code = app.code_to(PHONE).await;
    let mut query = String::from("mutation {");
    for at in 0..8 {
        let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1 + at) % 1_000_000);
        write!(
            query,
            " a{at}: bindPhone(input: {{ phone: \"{PHONE}\", code: \"{wrong}\" }}) {{ userErrors {{ code }} }}"
        )
        .unwrap();
    }
    let answer = app.run(Some(&who.token), &(query + "}"), json!({})).await;
    let codes: Vec<Value> =
        (0..8).map(|at| answer.0["data"][format!("a{at}")]["userErrors"][0]["code"].clone()).collect();
    assert_eq!(codes[..5], vec![json!("CODE_WRONG"); 5]);
    assert_eq!(codes[5..], vec![json!("CODE_TRIES_USED_UP"); 3]);
    assert_eq!(bind(&app, &who, PHONE, &code).await.user_error("bindPhone"), "CODE_TRIES_USED_UP", "the right one too");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_a_dry_run_is_no_free_try() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    send(&app, &who, PHONE).await;
    let code = app.code_to(PHONE).await;
    let dry = BIND.replace("code: $code }) {", "code: $code }) @dryRun {");
    let answer = app.run(Some(&who.token), &dry, json!({ "phone": PHONE, "code": code })).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_a_code_does_nothing_for_another_number_purpose_or_account() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    send(&app, &who, PHONE).await;
    let code = app.code_to(PHONE).await;
    let another = "+8613912345678";
    assert_eq!(bind(&app, &who, another, &code).await.user_error("bindPhone"), "CODE_WRONG", "another number");
    assert_eq!(bind(&app, &other, PHONE, &code).await.user_error("bindPhone"), "CODE_NOT_ASKED", "another account");
    let old = app.bind_phone(&other, another).await;
    app.step_up(&other).await;
    app.ok(&other, SEND, json!({ "phone": "+8613700000001", "purpose": "CHANGE" })).await;
    let change_code = app.code_to("+8613700000001").await;
    let answer = bind(&app, &other, "+8613700000001", &change_code).await;
    assert_eq!(answer.user_error("bindPhone"), "CODE_NOT_ASKED", "a code for changing binds nothing ({old})");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h32_submitted_many_times_at_once_a_code_succeeds_once() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    for _ in 0..5 {
        let who = app.account("meimei").await;
        let phone = format!("+86139{:08}", rand::random_range(10_000_000..99_999_999));
        send(&app, &who, &phone).await;
        let code = app.code_to(&phone).await;
        let answers = join_all((0..8).map(|_| bind(&app, &who, &phone, &code))).await;
        let done = answers.iter().filter(|a| a.0["data"]["bindPhone"]["contact"].is_object()).count();
        assert_eq!(done, 1, "{answers:?}");
    }
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h32_parallel_wrong_codes_get_no_try_for_nothing() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    send(&app, &who, PHONE).await;
    let wrong = other_than(&app.code_to(PHONE).await);
    let answers = join_all((0..30).map(|_| bind(&app, &who, PHONE, &wrong))).await;
    let count = |code: &str| answers.iter().filter(|a| a.user_error("bindPhone") == code).count();
    assert_eq!((count("CODE_WRONG"), count("CODE_TRIES_USED_UP")), (5, 25));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_5_a_number_of_another_account_is_refused_only_to_who_holds_it() {
    let app = TestApp::start().await;
    let (owner, other) = (app.account("owner").await, app.account("other").await);
    app.bind_phone(&owner, PHONE).await;
    send(&app, &other, PHONE).await;
    let wrong = bind(&app, &other, PHONE, &other_than(&app.code_to(PHONE).await)).await;
    assert_eq!(wrong.user_error("bindPhone"), "CODE_WRONG", "without the code nothing is learned");
    let code = app.code_to(PHONE).await;
    let taken = bind(&app, &other, PHONE, &code).await;
    assert_eq!(taken.user_error("bindPhone"), "PHONE_TAKEN");
    let said = taken.0.to_string();
    assert!(said.contains("support") && !said.contains(&owner.login) && !said.contains(&owner.id), "{said}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_r3_5_two_accounts_that_bind_one_number_at_once() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    send(&app, &one, PHONE).await;
    let first = app.code_to(PHONE).await;
    app.clock.advance(TimeDelta::seconds(1));
    send(&app, &two, PHONE).await;
    let second = app.code_to(PHONE).await;
    let (a, b) = tokio::join!(bind(&app, &one, PHONE, &first), bind(&app, &two, PHONE, &second));
    let mut codes = [a.user_error("bindPhone"), b.user_error("bindPhone")];
    codes.sort_unstable();
    assert_eq!(codes, ["", "PHONE_TAKEN"], "{a:?} {b:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_9_one_phone_for_an_account_and_five_for_an_enterprise() {
    let app = TestApp::start().await;
    let person = app.account("meimei").await;
    app.bind_phone(&person, PHONE).await;
    let refused = app.run(Some(&person.token), SEND, json!({ "phone": "+8613912345678", "purpose": "BIND" })).await;
    assert_eq!(refused.user_error("sendPhoneCode"), "PHONE_LIMIT");

    let enterprise = app.account("aurora").await;
    let id = kith::kernel::ids::TypedId::uuid(enterprise.id.parse::<kith::kernel::ids::AccountId>().unwrap());
    app.sql(&format!("UPDATE accounts SET kind = 'ENTERPRISE' WHERE id = '{id}'")).await;
    app.step_up(&enterprise).await;
    for at in 0..5 {
        app.bind_phone(&enterprise, &format!("+861391234560{at}")).await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    let refused = app.run(Some(&enterprise.token), SEND, json!({ "phone": "+8613912345678", "purpose": "BIND" })).await;
    assert_eq!(refused.user_error("sendPhoneCode"), "PHONE_LIMIT");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_address_is_bound_the_same_way() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let send = "mutation { sendEmailCode(input: { email: \"Wang@Example.com\" }) { sentTo userErrors { code } } }";
    assert_eq!(app.ok(&who, send, json!({})).await["sendEmailCode"]["sentTo"], "w***@example.com");
    let code = app.code_to("wang@example.com").await;
    let bind = "mutation($code: String!) { bindEmail(input: { email: \"wang@EXAMPLE.com\", code: $code }) {
        contact { kind masked } userErrors { code } } }";
    let bound = app.ok(&who, bind, json!({ "code": code })).await["bindEmail"].clone();
    assert_eq!(bound["contact"], json!({ "kind": "EMAIL", "masked": "w***@example.com" }), "{bound}");
    app.stop().await;
}
