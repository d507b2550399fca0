//! A payment gateway over signed requests ([`crate::providers::signed`]).
//!
//! | `POST` | body | answer |
//! |---|---|---|
//! | `/authorise` | `{ key, token, amount, currency }` | `{ status: "authorised", reference }` |
//! | `/capture` | `{ key, reference, amount, currency }` | `{ status: "captured", reference }` |
//! | `/void` | `{ key }` | `{ status: "voided" }` |
//! | `/refund` | `{ key, of, reference, amount, currency }` | `{ status: "refunded", reference }` |
//! | `/query` | `{ key }` | `{ status: "unseen" / "authorised" / "captured" / "voided" / "declined", reference?, reason? }` |
//!
//! Amounts are whole minor units. Each may answer `{ status: "declined", reason }`, with any status of success or 4xx.
//! Whatever else it says is no answer: the outcome is unknown, and is asked for.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Done, Gateway, GatewayError, Hold, Known};
use crate::kernel::Money;
use crate::providers::signed::{NoReply, Reply, SignedClient};

/// The gateway.
pub struct HttpGateway(pub SignedClient);

const GARBLED: GatewayError = GatewayError::Unknown { what: "GATEWAY_GARBLED" };

impl HttpGateway {
    async fn ask(&self, path: &str, key: &str, body: Value) -> Result<Value, GatewayError> {
        match self.0.post(path, key, &body).await {
            Ok(Reply::Said(said) | Reply::Refused(said)) => Ok(said),
            Err(NoReply::Resting { left }) => Err(GatewayError::Later { what: "GATEWAY_RESTING", wait: Some(left) }),
            Err(NoReply::NotTaken { what }) => Err(GatewayError::Later { what, wait: None }),
            Err(NoReply::Unknown { what }) => Err(GatewayError::Unknown { what }),
        }
    }

    async fn do_it(&self, path: &str, key: &str, body: Value, done: &str) -> Result<Done, GatewayError> {
        let said = self.ask(path, key, body).await?;
        match said["status"].as_str() {
            Some(status) if status == done => Ok(Done::Yes { reference: reference(&said, done == "voided")? }),
            Some("declined") => Ok(Done::Declined { why: reason(&said) }),
            _ => Err(GARBLED),
        }
    }
}

/// The gateway's name for something: up to 200 printable characters.
fn reference(said: &Value, may_lack: bool) -> Result<String, GatewayError> {
    match said["reference"].as_str() {
        Some(text) if (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(text.to_owned())
        }
        None if may_lack => Ok(String::new()),
        _ => Err(GARBLED),
    }
}

/// The reason of a decline, as a word that is safe to keep: `[A-Z_]`, at most 40.
fn reason(said: &Value) -> String {
    let word = said["reason"].as_str().unwrap_or_default().to_ascii_uppercase();
    let plain = (1..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if plain { word } else { "DECLINED".to_owned() }
}

impl Gateway for HttpGateway {
    fn authorise<'a>(&'a self, hold: &'a Hold) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let body = json!({
            "key": hold.key, "token": hold.token.expose(), "amount": hold.money.minor, "currency": hold.money.currency,
        });
        async move { self.do_it("authorise", &hold.key, body, "authorised").await }.boxed()
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        reference: &'a str,
        money: Money,
    ) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let body = json!({ "key": key, "reference": reference, "amount": money.minor, "currency": money.currency });
        async move { self.do_it("capture", &format!("{key}-capture"), body, "captured").await }.boxed()
    }

    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async move { self.do_it("void", &format!("{key}-void"), json!({ "key": key }), "voided").await }.boxed()
    }

    fn refund<'a>(
        &'a self,
        refund: &'a str,
        key: &'a str,
        reference: &'a str,
        money: Money,
    ) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let body = json!({
            "key": refund, "of": key, "reference": reference, "amount": money.minor, "currency": money.currency,
        });
        async move { self.do_it("refund", refund, body, "refunded").await }.boxed()
    }

    fn query<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Known, GatewayError>> {
        async move {
            let said = self.ask("query", key, json!({ "key": key })).await?;
            match said["status"].as_str() {
                Some("unseen") => Ok(Known::Unseen),
                Some("authorised") => Ok(Known::Authorised { reference: reference(&said, false)? }),
                Some("captured") => Ok(Known::Captured { reference: reference(&said, false)? }),
                Some("voided") => Ok(Known::Voided),
                Some("declined") => Ok(Known::Declined { why: reason(&said) }),
                _ => Err(GARBLED),
            }
        }
        .boxed()
    }
}
