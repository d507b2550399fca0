//! A review that is due is announced by the worker (requirement 2.6).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store::{self, Review};
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::events;
use crate::domains::certification::identity::store as identities;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Announces the review of an account.
#[derive(Debug, Serialize)]
pub struct AnnounceReview {
    /// Whose.
    pub account: AccountId,
}

/// It is announced.
#[derive(Debug, Serialize, Deserialize)]
pub struct Announced;

impl Command for AnnounceReview {
    const NAME: &'static str = "announceReview";
    type Output = Announced;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Announced, Fault> {
        let found = identities::lock(tx.conn, self.account).await?;
        let due = |at: Option<crate::kernel::Instant>| at.is_some_and(|at| at <= tx.now);
        // Another worker may have been first.
        let found = found.filter(|found| due(found.review_at)).ok_or(Fault::NotFound { what: "review" })?;
        let kind = if found.bad_record { "RANDOM" } else { "PERIODIC" };
        let due_at = tx.now + TimeDelta::days(i64::from(tx.env.certification.review_notice_days));
        let review = Review {
            account_id: self.account,
            kind: kind.to_owned(),
            state: "ANNOUNCED".to_owned(),
            announced_at: tx.now,
            due_at,
        };
        store::announce(tx.conn, &review).await?;
        identities::plan_review(tx.conn, self.account, None, found.bad_record).await?;
        tx.record(Entry {
            chain: Chain::Account(self.account),
            target: self.account.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": kind, "dueAt": due_at.to_rfc3339() }),
        });
        let mut event = events::about(events::REVIEW_ANNOUNCED, self.account);
        event.payload["until"] = json!(due_at.date_naive().to_string());
        tx.emit(event);
        Ok(Announced)
    }
}
