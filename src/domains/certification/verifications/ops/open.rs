//! `openVerification`: an operator sees an identity and a photo whole. A command and no query, so that every look is on record, with
//! its reason (requirement 4.18). Only who looked may decide.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::store;
use super::decide::{DecideRefusal, REVIEW};
use super::operator;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::kernel::ids::VerificationId;
use crate::kernel::{Fault, names};

/// Opens something that waits for an operator.
#[derive(Debug, Serialize)]
pub struct OpenVerification {
    /// Which.
    pub verification: VerificationId,
    /// Why it has to be seen.
    pub reason: String,
}

/// What may be read now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Whom it is about.
    pub owner: Uuid,
    /// Which.
    pub verification: VerificationId,
}

impl Command for OpenVerification {
    const NAME: &'static str = "openVerification";
    /// Each look is one.
    const KEY: KeyRule = KeyRule::Unsupported;
    /// A rehearsed look would leave no record.
    const DRY_RUN: bool = false;
    type Output = Seen;
    type Refusal = DecideRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Seen, Fault<DecideRefusal>> {
        let missing = || Fault::NotFound { what: "verification" };
        tx.permit_platform(REVIEW, &self.verification)?;
        if !names::is_line(&self.reason, 200) {
            return Err(Fault::Refused(DecideRefusal::OpenReason));
        }
        let owner = store::owner(tx.conn, self.verification).await?.ok_or_else(missing)?;
        let asked = store::lock(tx.conn, owner, self.verification).await?.ok_or_else(missing)?;
        if asked.state != "MANUAL" {
            return Err(Fault::Refused(DecideRefusal::Decided));
        }
        let operator = operator(tx)?;
        store::looked(tx.conn, &asked, operator, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.verification.to_string(),
            permission: Some(REVIEW),
            grant: None,
            detail: json!({ "kind": asked.kind, "reason": self.reason }),
        });
        Ok(Seen { owner, verification: self.verification })
    }
}
