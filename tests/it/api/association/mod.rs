mod links;
mod load;
mod look_up;
mod signals;

use kith::kernel::ids::{AccountId, TypedId as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{PASSWORD, Persona, TestApp};

const POSSIBLE: &str = "{ viewer { possibleAssociations { reference maskedName score
    evidence { signalId kind words strength sharedBy lastSeenAt contested } } } }";
const CONTEST: &str =
    "mutation($id: ID!, $why: String!) { contestAssociationSignal(input: { signalId: $id, reason: $why }) {
    signal { id kind sharedBy contestedAt upheld } userErrors { code field message } } }";

/// What an account sees of its possible associations.
async fn possible(app: &TestApp, who: &Persona) -> Vec<Value> {
    app.deliver().await;
    let answer = app.ok(who, POSSIBLE, json!({})).await;
    answer["viewer"]["possibleAssociations"].as_array().unwrap().clone()
}

/// The kinds of evidence of a possible association, in alphabetical order.
fn kinds(one: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        one["evidence"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

/// What a device keeps to be known by.
fn device() -> String {
    kith::domains::accounts::token::Token::generate_of(kith::domains::accounts::token::Kind::Device).reveal().to_owned()
}

/// Lets an account log in on a device, from where `come_from` said; gives the new session's token.
async fn log_in_on(app: &TestApp, who: &Persona, device: &str) -> String {
    let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }";
    let input = json!({ "login": who.login, "password": PASSWORD, "deviceToken": device });
    let answer = app.run(None, log_in, json!({ "input": input })).await.data();
    app.deliver().await;
    answer["logIn"]["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn log_out(app: &TestApp, token: &str) {
    app.run(Some(token), "mutation { logOut { done } }", json!({})).await.data();
}

/// An address for an account.
async fn address(app: &TestApp, who: &Persona, region: &str, street: &str, phone: &str) -> String {
    let add = "mutation($input: AddDeliveryAddressInput!) { addDeliveryAddress(input: $input) {
        address { id } userErrors { code } } }";
    let input = json!({ "recipient": "韩梅梅", "phone": phone, "region": region, "street": street });
    let added = app.ok(who, add, json!({ "input": input })).await;
    added["addDeliveryAddress"]["address"]["id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
}

fn uuid(who: &Persona) -> Uuid {
    who.id.parse::<AccountId>().unwrap().uuid()
}
