//! `stepUp`: makes the session strong. A password was compared before the transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::codes::{Checked, Purpose};
use crate::domains::accounts::sessions::login_throttle::Counted;
use crate::domains::accounts::sessions::store;
use crate::domains::accounts::step_up::model::{Factor, LASTS, StepUpRefusal};
use crate::domains::accounts::step_up::verify::{Second, verify};
use crate::domains::accounts::throttle;
use crate::kernel::ids::ContactId;
use crate::kernel::{Fault, Instant, Subject};

/// What was given.
#[derive(Debug)]
pub enum Given {
    /// The password, which was right, and what the try was counted by.
    Password(Counted),
    /// A second factor, which is to be tried, and the contact that a code went to.
    Second(Second, Option<ContactId>),
}

/// Marks the actor's session as stepped up.
#[derive(Debug, Serialize)]
pub struct StepUp {
    /// What was given.
    #[serde(skip_serializing)]
    pub given: Given,
}

/// The session is strong.
#[derive(Debug, Serialize, Deserialize)]
pub struct Strong {
    /// Until when.
    pub until: Instant,
    /// By what.
    pub factor: Factor,
}

impl Command for StepUp {
    const NAME: &'static str = "stepUp";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Strong>;
    type Refusal = StepUpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Strong>, Fault<StepUpRefusal>> {
        let actor = tx.actor()?;
        let (session, subject) = (actor.session, actor.subject);
        let tried = match (&self.given, subject) {
            (Given::Password(counted), _) => {
                throttle::clear(tx.conn, &counted.name).await?;
                Ok(Factor::Password)
            }
            (Given::Second(second, contact), Subject::Account { id }) => {
                // Of many tries at once, one comes after the other.
                accounts::lock(tx.conn, id).await?.ok_or(Fault::Unauthenticated)?;
                verify(tx, id, Purpose::StepUp, *contact, second).await?
            }
            (Given::Second(..), Subject::SubAccount { .. }) => return Err(Fault::Refused(StepUpRefusal::NoContact)),
        };
        if let Ok(factor) = tried {
            store::step_up(tx.conn, session, factor.text(), tx.now).await?;
        }
        tx.record(Entry {
            chain: Chain::from(subject),
            target: subject.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session, "factor": tried.ok(), "right": tried.is_ok() }),
        });
        Ok(match tried {
            Ok(factor) => Checked::Right(Strong { until: tx.now + LASTS, factor }),
            Err(failure) => Checked::Wrong(failure),
        })
    }
}
