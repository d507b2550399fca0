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
    /// `[association]`.
    pub association: config::Association,
    /// `[refunds]`.
    pub refunds: config::Refunds,
    /// `[certification]`.
    pub certification: config::Certification,
    /// `[staff]`.
    pub staff: config::Staff,
    /// `[desk]`.
    pub desk: config::Desk,
    /// `[family]`.
    pub family: config::Family,
    /// `[intimate_pay]`.
    pub intimate_pay: config::IntimatePay,
}

impl Env {
    /// What the configuration says, with these keys.
    #[must_use]
    pub fn new(config: &config::Config, keys: Keys) -> Self {
        Self {
            keys,
            codes: config.codes.clone(),
            contacts: config.contacts.clone(),
            auth: config.auth.clone(),
            payments: config.payments.clone(),
            association: config.association.clone(),
            refunds: config.refunds.clone(),
            certification: config.certification.clone(),
            staff: config.staff,
            desk: config.desk.clone(),
            family: config.family.clone(),
            intimate_pay: config.intimate_pay.clone(),
            parts: Parts::default(),
        }
    }
}
