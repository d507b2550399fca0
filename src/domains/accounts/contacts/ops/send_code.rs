//! `sendPhoneCode`, `sendEmailCode` and `sendUnbindCode`: a code on its way to a number or an address.

use serde::Serialize;
use serde_json::json;

use super::super::model::{Address, ContactRefusal, Kind};
use super::super::store;
use super::{lock, own_account, room_for_one};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Ask, Issued, Purpose};
use crate::kernel::ids::{AccountId, ContactId};
use crate::kernel::{Fault, Locale};

/// Where a code goes.
#[derive(Debug)]
pub enum To {
    /// To a number or an address that is to be bound.
    New(Address),
    /// To one that is bound.
    Bound(ContactId),
}

/// Sends a code for a contact.
#[derive(Debug, Serialize)]
pub struct SendContactCode {
    /// Where it goes.
    #[serde(skip_serializing)]
    pub to: To,
    /// What it is for.
    pub purpose: Purpose,
    /// The language of the message.
    pub locale: Locale,
}

/// The code that is on its way.
#[derive(Debug, Serialize, serde::Deserialize)]
pub struct Sent {
    /// The code.
    pub code: Issued,
    /// Where it goes, masked.
    pub to: String,
}

impl Command for SendContactCode {
    const NAME: &'static str = "sendContactCode";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Sent;
    type Refusal = ContactRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Sent, Fault<ContactRefusal>> {
        let account = own_account(tx)?;
        let bound;
        let address = match &self.to {
            To::New(address) => {
                if self.purpose == Purpose::Bind {
                    let account = lock(tx, account).await?;
                    room_for_one(tx, &account, address.kind).await?;
                }
                // Whether another account has it is told to whoever holds it, by the code: else anybody could ask about
                // anybody's number (requirement 3.5).
                address
            }
            To::Bound(id) => {
                bound = open(tx, account, *id).await?;
                &bound
            }
        };
        let ask = Ask::digits(account, self.purpose, address, self.locale);
        let code = codes::issue(tx, &ask).await.map_err(|fault| fault.map_refusal(ContactRefusal::from))?;
        let to = address.masked();
        tx.record(Entry {
            chain: Chain::Account(account),
            target: account.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "purpose": self.purpose, "to": to }),
        });
        Ok(Sent { code, to })
    }
}

/// A bound number or address in the clear.
pub(super) async fn open<E>(tx: &mut Tx<'_>, account: AccountId, id: ContactId) -> Result<Address, Fault<E>> {
    let contact = store::get(tx.conn, account, id).await?.ok_or(Fault::NotFound { what: "contact" })?;
    let kind = Kind::parse(&contact.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
    Address::open(&tx.env.keys, kind, &contact.value).map_err(Fault::internal)
}
