//! `changePhone` and `changeEmail`: the code goes to the new one, the old one gets a notice (requirement 3.7).

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;

use super::super::model::{Address, ContactRefusal};
use super::super::store;
use super::bind::Bound;
use super::send_code::open;
use super::{bind, lock, own_account};
use crate::command::messages::{self, NewMessage};
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Checked, Purpose};
use crate::domains::accounts::step_up;
use crate::kernel::ids::{ContactId, MessageId};
use crate::kernel::{Fault, Locale, Text};
use crate::telemetry::Secret;

/// How long the notice is worth sending.
const NOTICE_LIVES: TimeDelta = TimeDelta::days(1);

static NOTICE: Text = Text::new(
    "Kith: this contact was replaced by another one in your account. If that was not you, recover the account and tell support.",
    "【Kith】您的账号已更换绑定的联系方式。如非本人操作,请立即找回账号并联系客服。",
);

/// Puts a number or an address in the place of another of the same kind.
#[derive(Debug, Serialize)]
pub struct ChangeContact {
    /// The one that goes.
    pub old: ContactId,
    /// The one that comes.
    #[serde(skip_serializing)]
    pub address: Address,
    /// The code that was sent to it.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// The language of the notice.
    pub locale: Locale,
}

impl Command for ChangeContact {
    const NAME: &'static str = "changeContact";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Bound>;
    type Refusal = ContactRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Bound>, Fault<ContactRefusal>> {
        let id = own_account(tx)?;
        lock(tx, id).await?;
        let old = open(tx, id, self.old).await?;
        let kind = self.address.kind;
        if old.kind != kind {
            return Err(Fault::NotFound { what: "contact" });
        }
        // The code goes to the new one: only the step-up asks whether it is still the same person.
        step_up::require(tx, step_up::LASTS).await?;
        let to = self.address.expose();
        let checked = codes::check(tx, id, Purpose::Change, kind.channel(), to, self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({
                "kind": kind, "from": old.masked(), "to": self.address.masked(), "right": checked.is_ok(),
            }),
        });
        if let Err(failure) = checked {
            return Ok(Checked::Wrong(failure));
        }
        if old.expose() == to {
            return Err(Fault::Refused(ContactRefusal::Yours(kind)));
        }
        let contact = bind(tx, id, &self.address).await?;
        store::remove(tx.conn, id, self.old).await?;
        let notice = NewMessage {
            id: MessageId::generate(),
            account: id,
            channel: kind.channel(),
            template: "notice.contact_changed",
            to: old.expose(),
            text: NOTICE.get(self.locale),
            expires_at: tx.now + NOTICE_LIVES,
        };
        messages::queue(tx, &notice).await?;
        tx.emit(Event { topic: "contact.changed", shop: None, payload: json!({ "account": id, "kind": kind }) });
        Ok(Checked::Right(Bound { contact }))
    }
}
