//! `confirmTotp`: the first right code makes the authenticator count, and gives recovery codes.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::codes::keep;
use super::lock_own;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::Checked;
use crate::domains::accounts::totp::check::compare;
use crate::domains::accounts::totp::model::TotpRefusal;
use crate::domains::accounts::totp::store;
use crate::kernel::Fault;
use crate::telemetry::Secret;

/// Makes the authenticator of the account that asks count.
#[derive(Debug, Serialize)]
pub struct ConfirmTotp {
    /// A code of it.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// The recovery codes.
    #[serde(skip_serializing)]
    pub codes: Secret<Vec<String>>,
}

/// It counts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Active;

impl Command for ConfirmTotp {
    const NAME: &'static str = "confirmTotp";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Active>;
    type Refusal = TotpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Active>, Fault<TotpRefusal>> {
        let id = lock_own(tx).await?;
        let factor = store::get(tx.conn, id).await?.ok_or(Fault::Refused(TotpRefusal::NotEnrolled))?;
        if factor.active_since.is_some() {
            return Err(Fault::Refused(TotpRefusal::Active));
        }
        let checked = compare(tx, id, &factor, &self.code).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "right": checked.is_ok() }),
        });
        if let Err(failure) = checked {
            return Ok(Checked::Wrong(failure));
        }
        store::activate(tx.conn, id, tx.now).await?;
        keep(tx, id, self.codes.expose()).await?;
        tx.emit(Event { topic: "security.totp_enabled", shop: None, payload: json!({ "account": id }) });
        Ok(Checked::Right(Active))
    }
}
