//! `bindPhone` and `bindEmail`: the right code binds (requirement 3.2).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{Address, ContactRefusal};
use super::{bind, lock, own_account, room_for_one};
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Checked, Purpose};
use crate::domains::accounts::step_up;
use crate::kernel::ids::ContactId;
use crate::kernel::{Fault, Subject};
use crate::telemetry::Secret;

/// Binds a number or an address to the account that asks.
#[derive(Debug, Serialize)]
pub struct BindContact {
    /// The number or address.
    #[serde(skip_serializing)]
    pub address: Address,
    /// The code that was sent to it.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
}

/// The contact that was bound.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bound {
    /// Its id.
    pub contact: ContactId,
}

impl Command for BindContact {
    const NAME: &'static str = "bindContact";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Bound>;
    type Refusal = ContactRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Bound>, Fault<ContactRefusal>> {
        let id = own_account(tx)?;
        let account = lock(tx, id).await?;
        if step_up::held(tx.conn, Subject::Account { id }).await?.len() > 1 {
            // Another way in: a session that somebody left open must not be enough for it.
            step_up::require(tx, step_up::LASTS).await?;
        }
        let (kind, to) = (self.address.kind, self.address.expose());
        let checked = codes::check(tx, id, Purpose::Bind, kind.channel(), to, self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": kind, "contact": self.address.masked(), "right": checked.is_ok() }),
        });
        if let Err(failure) = checked {
            return Ok(Checked::Wrong(failure));
        }
        room_for_one(tx, &account, kind).await?;
        let contact = bind(tx, id, &self.address).await?;
        tx.emit(Event { topic: "contact.bound", shop: None, payload: json!({ "account": id, "kind": kind }) });
        Ok(Checked::Right(Bound { contact }))
    }
}
