//! `setBadRecord`: an operator has a reason to look at an account at random times, or none any more (requirement 2.6).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::identity::store as identities;
use crate::domains::certification::verifications::ops::decide::{DecideRefusal, REVIEW};
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Instant, names};

/// Marks the record of an account.
#[derive(Debug, Serialize)]
pub struct SetBadRecord {
    /// Whose.
    pub account: AccountId,
    /// Whether it is a bad one.
    pub bad: bool,
    /// Why.
    pub reason: String,
    /// For the time of a random review.
    pub roll: u64,
}

/// When the account is looked at next.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marked {
    /// Whose.
    pub account: AccountId,
    /// When.
    pub review_at: Option<Instant>,
}

impl Command for SetBadRecord {
    const NAME: &'static str = "setBadRecord";
    type Output = Marked;
    type Refusal = DecideRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Marked, Fault<DecideRefusal>> {
        tx.permit_platform(REVIEW, &self.account)?;
        if !names::is_line(&self.reason, 200) {
            return Err(Fault::Refused(DecideRefusal::Reason));
        }
        let found = identities::lock(tx.conn, self.account).await?.ok_or(Fault::NotFound { what: "certification" })?;
        let figures = &tx.env.certification;
        // Who waits for a review already, or was never seen, has nothing to be planned.
        let review_at = found.review_at.map(|planned| match self.bad {
            true => model::random(figures, self.roll, tx.now).min(planned),
            false => model::next(figures, self.account, false, self.roll, found.real_person_at.unwrap_or(tx.now)),
        });
        identities::plan_review(tx.conn, self.account, review_at, self.bad).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.account.to_string(),
            permission: Some(REVIEW),
            grant: None,
            detail: json!({ "bad": self.bad, "reason": self.reason }),
        });
        Ok(Marked { account: self.account, review_at })
    }
}
