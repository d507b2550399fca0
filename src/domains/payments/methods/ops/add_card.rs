//! `addCard`: a card whose number the vault has taken (requirement 1.9). The vault is asked before the transaction.

use chrono::Datelike;
use serde::Serialize;
use serde_json::json;

use super::super::model::{Method, MethodKind, MethodRefusal, TOKEN, is_over};
use super::super::store::{self, Sealed};
use super::{own_account, room_for_one};
use crate::command::{Chain, Command, Entry, Tx};
use crate::kernel::ids::PaymentMethodId;
use crate::kernel::{Fault, Instant};
use crate::providers::cards::CardToken;

/// Most years that a card can be good for.
const LONGEST: i32 = 20;

/// Adds a card.
#[derive(Debug, Serialize)]
pub struct AddCard {
    /// What the vault gave for its number.
    pub card: CardToken,
    /// Whether it is a debit or a credit card.
    pub kind: MethodKind,
    /// The last month in which it is good, 1 to 12.
    pub expiry_month: i32,
    /// And its year.
    pub expiry_year: i32,
}

/// Whether a card can have this expiry: a month that is not over, and not further away than cards are good for.
#[must_use]
pub fn expiry_is_valid(year: i32, month: i32, now: Instant) -> bool {
    (1..=12).contains(&month) && !is_over(year, month, now) && year <= now.year() + LONGEST
}

impl Command for AddCard {
    const NAME: &'static str = "addCard";
    type Output = Method;
    type Refusal = MethodRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Method, Fault<MethodRefusal>> {
        let account = own_account(tx)?;
        room_for_one(tx, account).await?;
        if !expiry_is_valid(self.expiry_year, self.expiry_month, tx.now) {
            return Err(Fault::Refused(MethodRefusal::ExpiryInvalid));
        }
        let CardToken { token, brand, last_four } = &self.card;
        let method = Method {
            account_id: account,
            id: PaymentMethodId::generate(),
            kind: self.kind.text().to_owned(),
            state: "ACTIVE".to_owned(),
            label: format!("{brand} •••• {last_four}"),
            brand: Some(brand.clone()),
            last_four: Some(last_four.clone()),
            expiry_year: Some(self.expiry_year),
            expiry_month: Some(self.expiry_month),
            created_at: tx.now,
            verified_at: Some(tx.now),
        };
        let sealed = Sealed { token: Some(tx.env.keys.seal(TOKEN, token.expose().as_bytes())), ..Sealed::default() };
        store::insert(tx.conn, &method, &sealed).await?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: method.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "card": method.label, "kind": method.kind }),
        });
        Ok(method)
    }
}
