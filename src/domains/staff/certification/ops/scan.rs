//! `scanCertificationCode`: the code is used up by whoever goes on with it (requirement 4.7).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{ScanClient, StaffCertificationRefusal};
use super::super::store;
use super::code::CODE;
use super::{able, locked};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::staff::certification::qr::SCHEME;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Subject};
use crate::telemetry::Secret;

/// The longest code that is read.
const LONGEST: usize = 128;

/// Scans the code of a sub-account.
#[derive(Debug, Serialize)]
pub struct ScanCertificationCode {
    /// Which sub-account is meant.
    pub sub_account: SubAccountId,
    /// What was read from the picture.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// What it was read with.
    pub client: ScanClient,
}

/// It was scanned.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scanned {
    /// Whose code it was.
    pub sub_account: SubAccountId,
}

impl Command for ScanCertificationCode {
    const NAME: &'static str = "scanCertificationCode";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Scanned;
    type Refusal = StaffCertificationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Scanned, Fault<StaffCertificationRefusal>> {
        use StaffCertificationRefusal as Refused;
        if !tx.env.certification.scan_clients.iter().any(|client| client == self.client.text()) {
            return Err(Fault::Refused(Refused::Client));
        }
        let subject = tx.actor()?.subject;
        let code = self.code.expose().trim();
        let code = code.strip_prefix(SCHEME).unwrap_or(code);
        if code.is_empty() || code.len() > LONGEST {
            return Err(Fault::Refused(Refused::Code));
        }
        let hash = tx.env.keys.hash(CODE, &[code.as_bytes()]);
        let row = store::by_code(tx.conn, &hash).await?.filter(|row| tx.now < row.code_expires_at);
        let row = row.ok_or(Fault::Refused(Refused::Code))?;
        // A sub-account that is logged in certifies itself and nobody else.
        let another = matches!(subject, Subject::SubAccount { id, .. } if id != row.sub_account_id);
        if another || row.sub_account_id != self.sub_account {
            return Err(Fault::Refused(Refused::OtherCode));
        }
        let who = locked(tx, row.sub_account_id).await?;
        able(&who)?;
        let place = (row.shop_id, row.sub_account_id);
        if !store::scanned(tx.conn, place, &hash, &subject.to_string(), tx.now).await? {
            return Err(Fault::Refused(Refused::Code));
        }
        tx.record(Entry {
            chain: Chain::Shop(row.shop_id),
            target: row.sub_account_id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "client": self.client.text() }),
        });
        Ok(Scanned { sub_account: row.sub_account_id })
    }
}
