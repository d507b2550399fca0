//! `unbindContact`: a code to what is bound, a confirmation, and something must be left (requirement 3.8).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::ContactRefusal;
use super::super::store;
use super::send_code::open;
use super::{lock, own_account};
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Checked, Purpose};
use crate::kernel::Fault;
use crate::kernel::ids::ContactId;
use crate::telemetry::Secret;

/// Unbinds a number or an address.
#[derive(Debug, Serialize)]
pub struct UnbindContact {
    /// Which.
    pub contact: ContactId,
    /// The code that was sent to it.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// Whether it is meant.
    pub confirmed: bool,
}

/// It is unbound.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unbound;

impl Command for UnbindContact {
    const NAME: &'static str = "unbindContact";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Unbound>;
    type Refusal = ContactRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Unbound>, Fault<ContactRefusal>> {
        let id = own_account(tx)?;
        if !self.confirmed {
            return Err(Fault::Refused(ContactRefusal::NotConfirmed));
        }
        // The lock holds off another unbinding: of two at once, one must be the last.
        lock(tx, id).await?;
        let address = open(tx, id, self.contact).await?;
        if store::of_account(tx.conn, id).await?.len() < 2 {
            return Err(Fault::Refused(ContactRefusal::LastRecovery));
        }
        let channel = address.kind.channel();
        let checked = codes::check(tx, id, Purpose::Unbind, channel, address.expose(), self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": address.kind, "contact": address.masked(), "right": checked.is_ok() }),
        });
        if let Err(failure) = checked {
            return Ok(Checked::Wrong(failure));
        }
        store::remove(tx.conn, id, self.contact).await?;
        let payload = json!({ "account": id, "kind": address.kind });
        tx.emit(Event { topic: "contact.unbound", shop: None, payload });
        Ok(Checked::Right(Unbound))
    }
}
