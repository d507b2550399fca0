//! Who holds a payment account, as its provider knows them (requirement 2.2).
//!
//! `POST <gateway_url>/holders` with `{ "handle" }` answers `{ "handle", "region", "name", "number" }`: the same log-in name, and
//! the document by which the provider certified its owner; a payment account whose owner it did not certify is refused with a
//! status of 4xx. An answer about another log-in name, or with a part missing, is no answer.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::providers::signed::{NoReply, Reply, SignedClient};
use crate::telemetry::Secret;

/// The document of whoever holds a payment account. Its `Debug` shows neither name nor number.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Who issued it, e.g. `MAINLAND`.
    pub region: String,
    /// The name in it.
    pub name: Secret<String>,
    /// Its number.
    pub number: Secret<String>,
}

/// Why it is not known who holds a payment account. It can be asked again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderError {
    /// There is no provider to ask.
    Off,
    /// Something is wrong between us and the provider: a stable word.
    Provider(&'static str),
}

/// Knows who holds payment accounts.
pub trait AccountHolders: Send + Sync + 'static {
    /// Who holds the payment account of a log-in name; nobody that its provider certified, if there is nothing. `key` is the same
    /// for every try of one question.
    fn holder<'a>(&'a self, key: &'a str, handle: &'a str) -> BoxFuture<'a, Result<Option<Holder>, HolderError>>;
}

/// Where no provider is configured.
pub struct NoHolders;

impl AccountHolders for NoHolders {
    fn holder<'a>(&'a self, _key: &'a str, _handle: &'a str) -> BoxFuture<'a, Result<Option<Holder>, HolderError>> {
        async { Err(HolderError::Off) }.boxed()
    }
}

/// The payment accounts of a demo, with the names and mainland numbers of people who do not exist.
pub struct DemoHolders(pub &'static [(&'static str, &'static str, &'static str)]);

impl AccountHolders for DemoHolders {
    fn holder<'a>(&'a self, _key: &'a str, handle: &'a str) -> BoxFuture<'a, Result<Option<Holder>, HolderError>> {
        let known = self.0.iter().find(|(known, ..)| *known == handle);
        let holder = known.map(|(_, name, number)| Holder {
            region: "MAINLAND".to_owned(),
            name: Secret::new((*name).to_owned()),
            number: Secret::new((*number).to_owned()),
        });
        async move { Ok(holder) }.boxed()
    }
}

/// The provider of payments, over signed requests.
pub struct HttpHolders(pub SignedClient);

impl AccountHolders for HttpHolders {
    fn holder<'a>(&'a self, key: &'a str, handle: &'a str) -> BoxFuture<'a, Result<Option<Holder>, HolderError>> {
        async move {
            match self.0.post("holders", key, &json!({ "handle": handle })).await {
                Ok(Reply::Said(said)) => read(handle, &said).map(Some),
                Ok(Reply::Refused(_)) => Ok(None),
                Err(NoReply::Resting { .. }) => Err(HolderError::Provider("GATEWAY_RESTING")),
                Err(NoReply::NotTaken { what } | NoReply::Unknown { what }) => Err(HolderError::Provider(what)),
            }
        }
        .boxed()
    }
}

pub fn read(handle: &str, said: &Value) -> Result<Holder, HolderError> {
    if said["handle"].as_str() != Some(handle) {
        return Err(HolderError::Provider("GATEWAY_CONTRADICTORY"));
    }
    let text = |key: &str| said[key].as_str().map(str::to_owned).ok_or(HolderError::Provider("GATEWAY_GARBLED"));
    Ok(Holder { region: text("region")?, name: Secret::new(text("name")?), number: Secret::new(text("number")?) })
}
