//! A review that nobody came to is as good as failed (requirement 2.9). By the worker. Who sent a photo in time loses nothing while
//! it waits for its answer: that decides the review.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::events;
use crate::domains::certification::identity::store as identities;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Closes the review of an account that has lapsed.
#[derive(Debug, Serialize)]
pub struct LapseReview {
    /// Whose.
    pub account: AccountId,
}

/// It is closed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lapsed;

impl Command for LapseReview {
    const NAME: &'static str = "lapseReview";
    type Output = Lapsed;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Lapsed, Fault> {
        identities::lock(tx.conn, self.account).await?.ok_or(Fault::NotFound { what: "review" })?;
        if !store::lapse(tx.conn, self.account, tx.now).await? {
            return Err(Fault::NotFound { what: "review" });
        }
        identities::suspend(tx.conn, self.account, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Account(self.account),
            target: self.account.to_string(),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        tx.emit(events::about(events::REVIEW_FAILED, self.account));
        Ok(Lapsed)
    }
}
