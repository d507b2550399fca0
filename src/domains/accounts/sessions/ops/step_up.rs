//! `stepUp`: makes the session strong for a while. The password was compared before the transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log_in::LogInRefusal;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::sessions::store;
use crate::kernel::{Fault, Instant};
use crate::permissions::constraints::STEP_UP_LASTS;

/// Marks the actor's session as stepped up.
#[derive(Debug, Serialize)]
pub struct StepUp;

/// The session is strong.
#[derive(Debug, Serialize, Deserialize)]
pub struct SteppedUp {
    /// Until when.
    pub until: Instant,
}

impl Command for StepUp {
    const NAME: &'static str = "stepUp";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = SteppedUp;
    type Refusal = LogInRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<SteppedUp, Fault<LogInRefusal>> {
        let actor = tx.actor()?;
        let (session, subject) = (actor.session, actor.subject);
        store::step_up(tx.conn, session, tx.now).await?;
        tx.record(Entry {
            chain: Chain::from(subject),
            target: subject.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session }),
        });
        Ok(SteppedUp { until: tx.now + STEP_UP_LASTS })
    }
}
