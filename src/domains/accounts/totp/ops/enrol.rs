//! `enrolTotp`: a secret for the app. It counts once `confirmTotp` was given a code of it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lock_own;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::step_up;
use crate::domains::accounts::totp::model::{SEALED_FOR, TotpRefusal};
use crate::domains::accounts::totp::store;
use crate::kernel::Fault;
use crate::telemetry::Secret;

/// Sets an authenticator up.
#[derive(Debug, Serialize)]
pub struct EnrolTotp {
    /// Its secret.
    #[serde(skip_serializing)]
    pub secret: Secret<Vec<u8>>,
}

/// It waits for its first code.
#[derive(Debug, Serialize, Deserialize)]
pub struct Enrolled;

impl Command for EnrolTotp {
    const NAME: &'static str = "enrolTotp";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Enrolled;
    type Refusal = TotpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Enrolled, Fault<TotpRefusal>> {
        let id = lock_own(tx).await?;
        step_up::require(tx, step_up::LASTS).await?;
        let sealed = tx.env.keys.seal(SEALED_FOR, self.secret.expose());
        if !store::enrol(tx.conn, id, &sealed, tx.now).await? {
            return Err(Fault::Refused(TotpRefusal::Active));
        }
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        Ok(Enrolled)
    }
}
