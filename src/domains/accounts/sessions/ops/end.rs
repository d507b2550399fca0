//! `endSession`, `endOtherSessions` and `removeDevice`: an account ends what it no longer wants to be logged in
//! (requirement 3.14).

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::sessions::store;
use crate::kernel::ids::{DeviceId, SessionId};
use crate::kernel::{Fault, Subject};

/// What is to end.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum What {
    /// One session.
    Session(SessionId),
    /// All but the one that asks.
    Others,
    /// A device with its sessions: it will have to be confirmed anew.
    Device(DeviceId),
}

/// Ends sessions of the account that asks.
#[derive(Debug, Serialize)]
pub struct EndSessions(pub What);

/// What was ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ended {
    /// How many sessions were open.
    pub count: usize,
}

impl Command for EndSessions {
    const NAME: &'static str = "endSessions";
    const WHILE_RESTRICTED: bool = true;
    type Output = Ended;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ended, Fault> {
        let actor = tx.actor()?;
        let (own, Subject::Account { id }) = (actor.session, actor.subject) else {
            return Err(Fault::NotFound { what: "session" });
        };
        let count = match self.0 {
            What::Session(session) => match store::end_own(tx.conn, id, session, tx.now).await? {
                0 => return Err(Fault::NotFound { what: "session" }),
                count => count,
            },
            What::Others => store::end_others(tx.conn, id, own, tx.now).await?,
            What::Device(device) => {
                if !devices::remove(tx.conn, id, device).await? {
                    return Err(Fault::NotFound { what: "device" });
                }
                store::end_of_device(tx.conn, id, device, tx.now).await?
            }
        };
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "what": self.0, "count": count }),
        });
        tx.emit(Event { topic: "security.sessions_ended", shop: None, payload: json!({ "account": id }) });
        Ok(Ended { count })
    }
}
