//! `forgetCard`: the vault has forgotten a card that its owner removed. The worker runs it.

use std::convert::Infallible;

use serde::Serialize;
use serde_json::json;

use super::super::removals;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, PaymentMethodId};

/// Notes that a card is forgotten; what was kept of its token goes too.
#[derive(Debug, Serialize)]
pub struct ForgetCard {
    /// Whose it was.
    pub account: AccountId,
    /// The method.
    pub method: PaymentMethodId,
    /// Whether the vault was not asked, because another method of the account is the same card.
    pub kept: bool,
}

impl Command for ForgetCard {
    const NAME: &'static str = "forgetCard";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = ();
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if !removals::done(tx.conn, self.account, self.method).await? {
            return Err(Fault::NotFound { what: "card" });
        }
        tx.record_system("payments");
        tx.record(Entry {
            chain: Chain::Account(self.account),
            target: self.method.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kept": self.kept }),
        });
        Ok(())
    }
}
