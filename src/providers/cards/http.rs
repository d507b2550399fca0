//! A provider's vault over signed requests ([`crate::providers::signed`]).
//!
//! `POST <url>/cards` with `{ "number" }` answers `{ "token", "brand", "lastFour" }`; a card that it does not take is refused
//! with a status of 4xx. `POST <url>/cards/remove` with `{ "token" }` forgets a card; a status of 4xx says that there is none.
//! Of what it answers only a token is believed that is not the number itself, and four digits that are
//! those of the number.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{CardNumber, CardToken, CardVault, VaultError};
use crate::providers::signed::{Reply, SignedClient};
use crate::telemetry::Secret;

/// The longest token that is taken.
const LONGEST_TOKEN: usize = 255;

/// A provider's vault.
pub struct HttpVault(pub SignedClient);

impl CardVault for HttpVault {
    fn store<'a>(&'a self, key: &'a str, number: &'a CardNumber) -> BoxFuture<'a, Result<CardToken, VaultError>> {
        async move {
            match self.0.post("cards", key, &json!({ "number": number.expose() })).await {
                Ok(Reply::Said(said)) => token(number, &said).ok_or(VaultError::Provider),
                Ok(Reply::Refused(_)) => Err(VaultError::Refused),
                Err(_) => Err(VaultError::Provider),
            }
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a str, token: &'a Secret<String>) -> BoxFuture<'a, Result<(), VaultError>> {
        async move {
            match self.0.post("cards/remove", key, &json!({ "token": token.expose() })).await {
                Ok(_) => Ok(()),
                Err(_) => Err(VaultError::Provider),
            }
        }
        .boxed()
    }
}

fn token(number: &CardNumber, said: &Value) -> Option<CardToken> {
    let token = said["token"].as_str()?;
    let printable = token.bytes().all(|b| b.is_ascii_graphic()) && (1..=LONGEST_TOKEN).contains(&token.len());
    let leaks = token.contains(number.expose());
    if !printable || leaks || said["lastFour"].as_str()? != number.last_four() {
        return None;
    }
    Some(CardToken {
        token: Secret::new(token.to_owned()),
        brand: number.brand().to_owned(),
        last_four: number.last_four(),
    })
}
