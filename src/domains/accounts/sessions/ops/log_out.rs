//! `logOut`: ends the session that asks.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::sessions::store;
use crate::kernel::Fault;

/// Ends the actor's own session.
#[derive(Debug, Serialize)]
pub struct LogOut;

/// The session is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoggedOut;

impl Command for LogOut {
    const NAME: &'static str = "logOut";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = LoggedOut;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<LoggedOut, Fault> {
        let actor = tx.actor()?;
        let (session, subject) = (actor.session, actor.subject);
        store::end(tx.conn, session, tx.now).await?;
        tx.record(Entry {
            chain: Chain::from(subject),
            target: subject.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session }),
        });
        Ok(LoggedOut)
    }
}
