//! `setAside`: money that came back to a deleted account is taken from a balance that nobody can spend, and kept as that account's
//! (h36). The worker runs it.
//!
//! Deletion does not wait for orders that may be refunded one day: that could be for ever. A card gets its money back as before,
//! because the gateway knows the payment and not the account. What goes to a balance has nowhere to go: it must neither stay with the
//! shop that gave it back nor become the platform's. It is set aside afterwards and not where it comes back, so that it makes no
//! difference which way it came (a refund, a card that refuses one, a red packet), or which of the two, the deletion or the
//! refund, was first.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::payments::balance::store;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::ids::{AccountId, LedgerEntryId, TypedId};
use crate::kernel::{Currency, Fault};

/// Sets aside what the balance of a deleted account holds.
#[derive(Debug, Serialize)]
pub struct SetAside {
    /// The account.
    pub account: AccountId,
    /// The currency.
    pub currency: Currency,
}

/// What was set aside.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    /// In minor units.
    pub minor: i64,
}

impl Command for SetAside {
    const NAME: &'static str = "setAside";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Kept;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Kept, Fault> {
        let nothing = || Fault::NotFound { what: "balance" };
        let (owner, currency) = (self.account.uuid(), self.currency);
        let gone = accounts::lock(tx.conn, self.account).await?.is_some_and(|account| account.state == "DELETED");
        let held = store::held(tx.conn, owner, AccountKind::Balance, currency).await?;
        let (from, amount) = held.filter(|(_, held)| gone && held.minor > 0).ok_or_else(nothing)?;
        let to = ledger::account(tx.conn, owner, AccountKind::Unclaimed, currency).await?;
        let reference = LedgerEntryId::generate();
        let movement = Movement::new(self.account, EntryKind::SetAside, reference, from, to, amount, tx.now);
        ledger::post(tx, &movement).await?;
        tx.record_system("payments");
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.account.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "amount": amount.decimal(), "currency": currency }),
        });
        Ok(Kept { minor: amount.minor })
    }
}
