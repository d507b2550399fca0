//! `createCertificationCode`: a QR code for one sub-account (requirement 4.7).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{StaffCertificationRefusal, StaffCertificationStep as Step};
use super::super::store;
use super::{able, locked};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::staff::perms::SUB_ACCOUNT_CREATE;
use crate::kernel::ids::{SubAccountId, TypedId};
use crate::kernel::{Fault, Instant};
use crate::telemetry::Secret;

/// What codes are hashed for.
pub const CODE: &str = "staff.certification_code";

/// Makes the code of a sub-account: for itself, or for whoever may create sub-accounts.
#[derive(Debug, Serialize)]
pub struct CreateCertificationCode {
    /// Whose.
    pub sub_account: SubAccountId,
    /// The code.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
}

/// The code is good.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// Until when.
    pub expires_at: Instant,
}

impl Command for CreateCertificationCode {
    const NAME: &'static str = "createCertificationCode";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Made;
    type Refusal = StaffCertificationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Made, Fault<StaffCertificationRefusal>> {
        let who = locked(tx, self.sub_account).await?;
        let own = tx.actor()?.subject.uuid() == who.id.uuid();
        let key = (who.shop_id, who.id);
        if own {
            tx.record(Entry {
                chain: Chain::Shop(who.shop_id),
                target: who.id.to_string(),
                permission: None,
                grant: None,
                detail: json!({}),
            });
        } else {
            let permit = tx.permit(SUB_ACCOUNT_CREATE, Some(who.clone())).await?;
            tx.record_under(&permit, &who.id, json!({}));
        }
        able(&who)?;
        // A new code gives the identity up, and another sub-account may take it: not while an answer about it is to come.
        let row = store::get(tx.conn, who.shop_id, who.id).await?;
        if Step::after(row.as_ref().map(|row| row.state.as_str())) == Step::Wait {
            return Err(Fault::Refused(StaffCertificationRefusal::Step(Step::Wait)));
        }
        let expires_at = tx.now + TimeDelta::minutes(i64::from(tx.env.certification.qr_min));
        let hash = tx.env.keys.hash(CODE, &[self.code.expose().as_bytes()]);
        store::begin(tx.conn, key, &hash, expires_at, tx.now).await?;
        Ok(Made { expires_at })
    }
}
