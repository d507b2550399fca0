//! `confirmActivity`: the owner says whether what looked unusual was their own doing.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::restrictions::model::ConfirmRefusal;
use crate::domains::accounts::restrictions::store;
use crate::domains::accounts::sessions::store as sessions;
use crate::domains::accounts::step_up;
use crate::kernel::{Fault, Subject};

/// Answers an alert.
#[derive(Debug, Serialize)]
pub struct ConfirmActivity {
    /// Whether it was the owner.
    pub was_me: bool,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    /// Whether the account is still restricted.
    pub restricted: bool,
    /// Sessions that were ended.
    pub ended: usize,
}

impl Command for ConfirmActivity {
    const NAME: &'static str = "confirmActivity";
    const WHILE_RESTRICTED: bool = true;
    type Output = Answered;
    type Refusal = ConfirmRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Answered, Fault<ConfirmRefusal>> {
        let actor = tx.actor()?;
        let (session, Subject::Account { id }) = (actor.session, actor.subject) else {
            return Err(Fault::NotFound { what: "account" });
        };
        accounts::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })?;
        if store::get(tx.conn, id).await?.is_none() {
            return Err(Fault::Refused(ConfirmRefusal::NotRestricted));
        }
        // Whoever took the password over must not confirm with it, wherever there is something better to ask for.
        step_up::require_strongest(tx, step_up::LASTS).await?;
        let ended = if self.was_me {
            store::remove(tx.conn, id).await?;
            tx.emit(Event { topic: "security.confirmed", shop: None, payload: json!({ "account": id }) });
            0
        } else {
            // Somebody else may have the password: all that it opened is closed, and only a new one lifts the restriction.
            devices::forget_all(tx.conn, id).await?;
            sessions::end_others(tx.conn, id, session, tx.now).await?
        };
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "wasMe": self.was_me, "ended": ended }),
        });
        Ok(Answered { restricted: !self.was_me, ended })
    }
}
