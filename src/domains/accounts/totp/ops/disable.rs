//! `disableTotp`: log-ins no longer wait for the authenticator.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lock_own;
use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::step_up;
use crate::domains::accounts::totp::model::TotpRefusal;
use crate::domains::accounts::totp::store;
use crate::kernel::Fault;

/// Gives the authenticator up.
#[derive(Debug, Serialize)]
pub struct DisableTotp;

/// There is none any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct Disabled;

impl Command for DisableTotp {
    const NAME: &'static str = "disableTotp";
    type Output = Disabled;
    type Refusal = TotpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Disabled, Fault<TotpRefusal>> {
        let id = lock_own(tx).await?;
        // Not by the password: it would protect against nobody who has found that out.
        step_up::require_by(tx, step_up::LASTS, step_up::STRONG).await?;
        if !store::remove(tx.conn, id).await? {
            return Err(Fault::Refused(TotpRefusal::NotActive));
        }
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        tx.emit(Event { topic: "security.totp_disabled", shop: None, payload: json!({ "account": id }) });
        Ok(Disabled)
    }
}
