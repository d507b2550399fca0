//! Card numbers go into a vault, and only a token, the brand and the last four digits come back (requirement 1.9).
//!
//! The one for production is a provider's ([`http`]): the number is posted to it and kept nowhere here. The built-in one
//! ([`sealed`]) makes the token of the number itself, sealed with the installation's keys, for the built-in gateway to
//! open. Either way no table, log or answer holds a number.

pub mod http;
pub mod sealed;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::telemetry::Secret;

/// A card number that is well formed: 12 to 19 digits that pass Luhn's check. Shows nothing of itself.
#[derive(Debug, Clone)]
pub struct CardNumber(Secret<String>);

impl CardNumber {
    /// Reads a number as people write it: digits in groups, with spaces or hyphens between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 40 || text.chars().any(|c| !c.is_ascii_digit() && c != ' ' && c != '-') {
            return None;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let known = (12..=19).contains(&digits.len()) && !digits.bytes().all(|b| b == b'0');
        (known && luhn(digits.as_bytes())).then(|| Self(Secret::new(digits)))
    }

    /// The digits: for the vault, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The last four digits, as they are shown.
    #[must_use]
    pub fn last_four(&self) -> String {
        let digits = self.expose();
        digits[digits.len() - 4..].to_owned()
    }

    /// The brand, by the number's first digits.
    #[must_use]
    pub fn brand(&self) -> &'static str {
        let digits = self.expose();
        let first = |n: usize| digits[..n].parse::<u32>().unwrap_or(0);
        match () {
            () if first(1) == 4 => "VISA",
            () if (51..=55).contains(&first(2)) || (2221..=2720).contains(&first(4)) => "MASTERCARD",
            () if first(2) == 34 || first(2) == 37 => "AMEX",
            () if first(2) == 62 || first(2) == 81 => "UNIONPAY",
            () if (3528..=3589).contains(&first(4)) => "JCB",
            () => "OTHER",
        }
    }
}

/// Luhn's check: from the right, every second digit counts twice; the sum of the digits is a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What the vault gives for a number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CardToken {
    /// What the gateway knows the card by. Not the number; kept sealed all the same.
    #[serde(skip_serializing)]
    pub token: Secret<String>,
    /// `VISA`, `MASTERCARD`, `AMEX`, `UNIONPAY`, `JCB` or `OTHER`.
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
}

/// Why a vault gives no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultError {
    /// The vault does not take this card.
    Refused,
    /// Something is wrong between us and the vault: try again.
    Provider,
    /// There is no vault.
    NotConfigured,
}

/// Keeps card numbers.
pub trait CardVault: Send + Sync + 'static {
    /// Takes a number for an owner; the same number of the same owner gives a token of the same card, however often it is
    /// asked (`key` says which). Waits no longer than the configuration says.
    fn store<'a>(&'a self, key: &'a str, number: &'a CardNumber) -> BoxFuture<'a, Result<CardToken, VaultError>>;

    /// Forgets the card of a token, for good; one that is not there is forgotten already. `key` is the same for every try.
    fn remove<'a>(&'a self, key: &'a str, token: &'a Secret<String>) -> BoxFuture<'a, Result<(), VaultError>>;
}

/// Keeps nothing, and says so.
pub struct NoVault;

impl CardVault for NoVault {
    fn store<'a>(&'a self, _key: &'a str, _number: &'a CardNumber) -> BoxFuture<'a, Result<CardToken, VaultError>> {
        async { Err(VaultError::NotConfigured) }.boxed()
    }

    fn remove<'a>(&'a self, _key: &'a str, _token: &'a Secret<String>) -> BoxFuture<'a, Result<(), VaultError>> {
        async { Err(VaultError::NotConfigured) }.boxed()
    }
}
