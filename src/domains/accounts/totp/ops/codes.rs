//! `renewRecoveryCodes`: ten new ones in the place of those before.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lock_own;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::step_up;
use crate::domains::accounts::totp::check::hash;
use crate::domains::accounts::totp::model::{TotpRefusal, plain_code};
use crate::domains::accounts::totp::store;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::telemetry::Secret;

/// Puts recovery codes in the place of those before.
#[derive(Debug, Serialize)]
pub struct RenewRecoveryCodes {
    /// The new ones.
    #[serde(skip_serializing)]
    pub codes: Secret<Vec<String>>,
}

/// They count.
#[derive(Debug, Serialize, Deserialize)]
pub struct Renewed;

impl Command for RenewRecoveryCodes {
    const NAME: &'static str = "renewRecoveryCodes";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Renewed;
    type Refusal = TotpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Renewed, Fault<TotpRefusal>> {
        let id = lock_own(tx).await?;
        step_up::require_by(tx, step_up::LASTS, step_up::STRONG).await?;
        if store::active(tx.conn, id).await?.is_none() {
            return Err(Fault::Refused(TotpRefusal::NotActive));
        }
        keep(tx, id, self.codes.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "count": self.codes.expose().len() }),
        });
        Ok(Renewed)
    }
}

/// Keeps codes as hashes.
pub(super) async fn keep<E>(tx: &mut Tx<'_>, account: AccountId, codes: &[String]) -> Result<(), Fault<E>> {
    let plain = codes.iter().filter_map(|code| plain_code(code));
    let hashes: Vec<Vec<u8>> = plain.map(|code| hash(tx, account, &code).to_vec()).collect();
    Ok(store::put_codes(tx.conn, account, &hashes, tx.now).await?)
}
