//! What commands need beside the transaction: the keys of this installation, and the figures of the configuration.

use super::Parts;
use crate::config;
use crate::providers::Keys;

/// The same for every command of a process.
#[derive(Debug)]
pub struct Env {
    /// Seals and hashes.
    pub keys: Keys,
    /// `[codes]`.
    pub codes: config::Codes,
    /// `[contacts]`.
    pub contacts: config::Contacts,
    /// `[auth]`.
    pub auth: config::Auth,
    /// `[payments]`.
    pub payments: config::Payments,
    /// What the composition root gives besides.
    pub parts: Parts,
}

impl Env {
    /// What the configuration says, with these keys.
    #[must_use]
    pub fn new(config: &config::Config, keys: Keys) -> Self {
        let payments = config.payments.clone();
        let (codes, contacts, auth) = (config.codes.clone(), config.contacts.clone(), config.auth.clone());
        Self { keys, codes, contacts, auth, payments, parts: Parts::default() }
    }
}
