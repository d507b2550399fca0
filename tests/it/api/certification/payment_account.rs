//! `certifyByPaymentAccount`: the other of the two methods (requirement 2.2), and its provider when it fails.

use std::sync::Arc;
use std::time::Duration;

use kith::providers::payments::holders::{HttpHolders, NoHolders};
use kith::providers::signed::{Patience, SignedClient};
use kith::telemetry::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::{NAME, NUMBER, document, somebody};
use crate::support::app::{Answer, Persona, TestApp};

/// The payment account whose holder the provider of the tests knows.
const HANDLE: &str = "certified@pay.example.com";

async fn add(app: &TestApp, who: &Persona, handle: &str) -> String {
    let add = "mutation($h: String!) {
        addPaymentAccount(input: { handle: $h }) { paymentMethod { id } userErrors { code message } } }";
    let added = app.ok(who, add, json!({ "h": handle })).await;
    added["addPaymentAccount"]["paymentMethod"]["id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
}

async fn verified(app: &TestApp, who: &Persona, handle: &str) -> String {
    let method = add(app, who, handle).await;
    let code = app.code_to(handle).await;
    let verify = "mutation($m: ID!, $c: String!) {
        verifyPaymentAccount(input: { paymentMethodId: $m, code: $c }) { userErrors { code } } }";
    let done = app.ok(who, verify, json!({ "m": method, "c": code })).await;
    assert_eq!(done["verifyPaymentAccount"]["userErrors"], json!([]));
    method
}

async fn certify(app: &TestApp, who: &Persona, method: &str) -> Answer {
    let query = "mutation($m: ID!) { certifyByPaymentAccount(input: { paymentAccountId: $m }) {
        certification { realName { state method maskedName maskedNumber } } userErrors { code field message } } }";
    app.run(Some(&who.token), query, json!({ "m": method })).await
}

fn code(answer: &Answer) -> &str {
    answer.user_error("certifyByPaymentAccount")
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_2_by_a_verified_payment_account_its_provider_says_who_holds_it() {
    let app = TestApp::start().await;
    let who = app.account("mei").await;
    let pending = add(&app, &who, HANDLE).await;
    assert_eq!(code(&certify(&app, &who, &pending).await), "PAYMENT_ACCOUNT_NOT_VERIFIED");
    let code_of = app.code_to(HANDLE).await;
    let verify = "mutation($m: ID!, $c: String!) {
        verifyPaymentAccount(input: { paymentMethodId: $m, code: $c }) { userErrors { code } } }";
    app.ok(&who, verify, json!({ "m": pending, "c": code_of })).await;
    let card = app.card(&who, "4242424242424242").await;
    assert_eq!(code(&certify(&app, &who, &card).await), "PAYMENT_ACCOUNT_NOT_VERIFIED", "a card certifies nobody");
    let stranger = somebody(&app, "stranger", "+8613812345635").await;
    assert_eq!(code(&certify(&app, &stranger, &pending).await), "PAYMENT_ACCOUNT_NOT_VERIFIED", "h19");
    assert_eq!(code(&certify(&app, &who, &pending).await), "PHONE_NOT_BOUND");
    app.bind_phone(&who, "+8613812345634").await;
    let done = certify(&app, &who, &pending).await;
    let name = &done.0["data"]["certifyByPaymentAccount"]["certification"]["realName"];
    assert_eq!((&name["state"], &name["method"]), (&json!("PASSED"), &json!("PAYMENT_ACCOUNT")), "{done:?}");
    assert_eq!((&name["maskedName"], &name["maskedNumber"]), (&json!("韩**"), &json!("1***************2X")));
    assert_eq!(code(&certify(&app, &who, &pending).await), "ALREADY_CERTIFIED");
    let by_document = document(&app, &who, "MAINLAND", NUMBER, NAME).await;
    assert_eq!(by_document.user_error("certifyByDocument"), "ALREADY_CERTIFIED", "one of the two is chosen");
    let taken = document(&app, &stranger, "MAINLAND", NUMBER, NAME).await;
    assert_eq!(taken.user_error("certifyByDocument"), "IDENTITY_TAKEN");
    let dump = app.dump().await;
    assert!(!dump.contains(NAME) && !dump.contains(NUMBER), "h35");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_2_a_payment_account_without_an_identity_certifies_nobody() {
    let app = TestApp::start().await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    let method = verified(&app, &who, "nobody@pay.example.com").await;
    for _ in 0..10 {
        assert_eq!(code(&certify(&app, &who, &method).await), "PAYMENT_ACCOUNT_WITHOUT_IDENTITY");
    }
    assert_eq!(code(&certify(&app, &who, &method).await), "TOO_MANY_TRIES");
    app.clock.advance(chrono::TimeDelta::days(1));
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let app = app.certified_by(|certifier| certifier.holders = Arc::new(NoHolders));
    assert_eq!(code(&certify(&app, &who, &method).await), "PAYMENT_PROVIDER_OFF");
    // The other method is open still.
    let by_document = document(&app, &who, "MAINLAND", NUMBER, NAME).await;
    assert_eq!(by_document.user_error("certifyByDocument"), "");
    app.verified().await;
    app.stop().await;
}

/// What the provider answers next; nothing at all, when there is no answer.
type Plan = Arc<Mutex<Vec<Option<(u16, Value)>>>>;

async fn serve(mut stream: TcpStream, plan: Plan) {
    let (mut got, mut chunk) = (Vec::new(), [0_u8; 4096]);
    // The body is short; it is whole when its braces close.
    while !got.ends_with(b"}") {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => got.extend_from_slice(&chunk[..n]),
            _ => return,
        }
    }
    let Some((status, body)) = plan.lock().await.remove(0) else {
        tokio::time::sleep(Duration::from_secs(60)).await;
        return;
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_2_a_provider_that_fails_or_contradicts_itself_certifies_nobody_and_can_be_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/payments", listener.local_addr().unwrap());
    let plan = Plan::default();
    let plans = Arc::clone(&plan);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&plans)));
        }
    });
    let app = TestApp::start().await;
    let patience = Patience { timeout: Duration::from_millis(500), failures: 100, pause: Duration::from_secs(1) };
    let clock = Arc::clone(&app.door.clock);
    let client = SignedClient::new(&url, Secret::new("shared".to_owned()), patience, clock).unwrap();
    let app = app.certified_by(|certifier| certifier.holders = Arc::new(HttpHolders(client)));
    let who = somebody(&app, "mei", "+8613812345634").await;
    let method = verified(&app, &who, HANDLE).await;
    let says =
        |handle: &str, number: &str| json!({ "handle": handle, "region": "MAINLAND", "name": NAME, "number": number });
    for (answer, wanted) in [
        (Some((500, json!({}))), "PAYMENT_PROVIDER_FAULT"),
        (Some((401, json!({}))), "PAYMENT_PROVIDER_FAULT"),
        (None, "PAYMENT_PROVIDER_FAULT"),
        (Some((200, json!("garbage"))), "PAYMENT_PROVIDER_FAULT"),
        (Some((200, says("other@pay.example.com", NUMBER))), "PAYMENT_PROVIDER_FAULT"),
        (Some((302, json!({}))), "PAYMENT_PROVIDER_FAULT"),
        (Some((404, json!({}))), "PAYMENT_ACCOUNT_WITHOUT_IDENTITY"),
        (Some((200, says(HANDLE, "110105194912310021"))), "PAYMENT_ACCOUNT_WITHOUT_IDENTITY"),
        (Some((200, says(HANDLE, NUMBER))), ""),
    ] {
        plan.lock().await.push(answer.clone());
        assert_eq!(code(&certify(&app, &who, &method).await), wanted, "{answer:?}");
    }
    app.verified().await;
    app.stop().await;
}
