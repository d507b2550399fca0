//! Delivery addresses.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::PgServer;

const ADD: &str = "mutation($input: AddDeliveryAddressInput!) { addDeliveryAddress(input: $input) {
    address { id recipient maskedPhone region street postalCode isDefault } userErrors { code field message } } }";
const LIST: &str = "{ viewer { deliveryAddresses { id street isDefault maskedPhone } } }";

fn input(street: &str) -> Value {
    json!({ "recipient": "韩梅梅", "phone": "138 1234 5634", "region": "浙江省 杭州市", "street": street })
}

async fn add(app: &TestApp, who: &Persona, input: Value) -> Answer {
    app.run(Some(&who.token), ADD, json!({ "input": input })).await
}

async fn added(app: &TestApp, who: &Persona, street: &str) -> String {
    let answer = add(app, who, input(street)).await.data()["addDeliveryAddress"].clone();
    answer["address"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn list(app: &TestApp, who: &Persona) -> Vec<Value> {
    app.ok(who, LIST, json!({})).await["viewer"]["deliveryAddresses"].as_array().unwrap().clone()
}

async fn one(app: &TestApp, who: &Persona, mutation: &str, id: &str) -> Answer {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ address {{ id }} userErrors {{ code }} }} }}"
    );
    app.run(Some(&who.token), &text, json!({ "input": { "addressId": id } })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_added_changed_removed_and_one_is_the_default() {
    let app = TestApp::start().await;
    let (who, stranger) = (app.account("meimei").await, app.account("stranger").await);
    let first = added(&app, &who, "文三路1号").await;
    let second = added(&app, &who, "文三路2号").await;
    let defaults = async || {
        let all = list(&app, &who).await;
        all.iter().filter(|a| a["isDefault"] == json!(true)).map(|a| a["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(defaults().await, [json!(first)], "the first is the default by itself");
    one(&app, &who, "setDefaultDeliveryAddress", &second).await.data();
    assert_eq!(defaults().await, [json!(second)]);
    let update = "mutation($input: UpdateDeliveryAddressInput!) { updateDeliveryAddress(input: $input) {
        address { street maskedPhone } userErrors { code } } }";
    let mut changed = input("文三路9号");
    changed["addressId"] = json!(first);
    let answer = app.ok(&who, update, json!({ "input": changed })).await["updateDeliveryAddress"]["address"].clone();
    assert_eq!(answer, json!({ "street": "文三路9号", "maskedPhone": "+86138******34" }));
    // Another's address is one that does not exist (h19).
    for mutation in ["setDefaultDeliveryAddress", "removeDeliveryAddress"] {
        assert_eq!(one(&app, &stranger, mutation, &first).await.code(), "NOT_FOUND", "{mutation}");
    }
    assert_eq!(app.run(Some(&stranger.token), update, json!({ "input": changed })).await.code(), "NOT_FOUND");
    one(&app, &who, "removeDeliveryAddress", &second).await.data();
    assert_eq!(defaults().await, [json!(first)], "the oldest that is left");
    assert_eq!(one(&app, &who, "removeDeliveryAddress", &second).await.code(), "NOT_FOUND");
    assert!(list(&app, &stranger).await.is_empty());
    app.both_ways(&who, LIST, json!({})).await;
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_an_address_is_checked_and_named() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let long = "x".repeat(5_000);
    for (part, bad, code) in [
        ("phone", "12", "PHONE_INVALID"),
        ("phone", "", "PHONE_INVALID"),
        ("recipient", " ", "ADDRESS_INVALID"),
        ("region", "a\nb", "ADDRESS_INVALID"),
        ("street", long.as_str(), "ADDRESS_INVALID"),
        ("street", "a\u{202e}b", "ADDRESS_INVALID"),
        ("postalCode", "1234567890123", "ADDRESS_INVALID"),
    ] {
        let mut asked = input("文三路1号");
        asked[part] = json!(bad);
        let answer = add(&app, &who, asked).await;
        assert_eq!(answer.user_error("addDeliveryAddress"), code, "{part} {bad:.10}");
        assert_eq!(answer.0["data"]["addDeliveryAddress"]["userErrors"][0]["field"], json!(["input", part]));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_thirty_at_once_and_twenty_are_kept() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    let answers = join_all((0..30).map(|at| add(&app, &who, input(&format!("文三路{at}号"))))).await;
    let count = |code: &str| answers.iter().filter(|a| a.user_error("addDeliveryAddress") == code).count();
    assert_eq!((count(""), count("ADDRESS_LIMIT")), (20, 10));
    let all = list(&app, &who).await;
    assert_eq!(all.iter().filter(|a| a["isDefault"] == json!(true)).count(), 1);
    app.verified().await;
    app.stop().await;
}
