//! A wrong payment password goes on record, and the last one tells its owner that it is locked.

use std::convert::Infallible;

use serde::Serialize;
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::intimate_pay::events;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Instant};

/// Records a wrong try.
#[derive(Debug, Serialize)]
pub struct WrongPaymentPassword {
    /// Whose password it was to be.
    pub account: AccountId,
    /// Tries that are left.
    pub left: u32,
    /// Until when it is locked now, if it is.
    pub locked_until: Option<Instant>,
}

impl Command for WrongPaymentPassword {
    const NAME: &'static str = "wrongPaymentPassword";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = ();
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.record(Entry {
            chain: Chain::Account(self.account),
            target: self.account.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "left": self.left, "locked": self.locked_until.is_some() }),
        });
        if self.locked_until.is_some() {
            let payload = json!({ "accounts": [self.account] });
            tx.emit(Event { topic: events::PASSWORD_LOCKED, shop: None, payload });
        }
        Ok(())
    }
}
