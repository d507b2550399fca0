//! `addDeliveryAddress` and `updateDeliveryAddress`.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{lock, record};
use crate::command::{Command, Event, KeyRule, Tx};
use crate::domains::accounts::addresses::model::{AddressRefusal, Part, Place};
use crate::domains::accounts::addresses::store::{self, Row};
use crate::domains::accounts::addresses::{ADDED, CHANGED};
use crate::domains::accounts::contacts::model::Address;
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::AddressId;

/// Adds an address, or writes one anew.
#[derive(Serialize)]
pub struct SaveAddress {
    /// The one that is changed; none to add one.
    pub id: Option<AddressId>,
    /// The place, its phone number as it was typed.
    #[serde(skip_serializing)]
    pub place: Place,
    /// Whether it is to be the default.
    pub make_default: bool,
}

/// The address that was saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct Saved {
    /// Its id.
    pub id: AddressId,
}

impl Command for SaveAddress {
    const NAME: &'static str = "saveDeliveryAddress";
    /// What it is about is not part of its content, so a key could not tell two apart.
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Saved;
    type Refusal = AddressRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Saved, Fault<AddressRefusal>> {
        let account = own::of_command(tx)?;
        let contacts = &tx.env.contacts;
        let phone = Address::phone(&self.place.phone, &contacts.region);
        let phone = phone.ok_or(Fault::Refused(AddressRefusal::Invalid(Part::Phone)))?;
        let place = Place { phone: phone.expose().to_owned(), ..self.place.clone() };
        place.check().map_err(Fault::Refused)?;
        let most = contacts.most_addresses;
        lock(tx, account).await?;
        let sealed = place.seal(&tx.env.keys);
        let id = match self.id {
            Some(id) => {
                if !store::update(tx.conn, account, id, &sealed, tx.now).await? {
                    return Err(Fault::NotFound { what: "address" });
                }
                id
            }
            None => {
                let have = store::of_account(tx.conn, account).await?;
                if have.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
                    return Err(Fault::Refused(AddressRefusal::Limit { most }));
                }
                // The first is the default by itself.
                let is_default = have.is_empty();
                let id = AddressId::generate();
                let (created_at, changed_at) = (tx.now, tx.now);
                let row = Row { account_id: account, id, place: sealed, is_default, created_at, changed_at };
                store::insert(tx.conn, &row).await?;
                id
            }
        };
        if self.make_default {
            store::make_default(tx.conn, account, id).await?;
        }
        record(tx, account, id);
        let topic = if self.id.is_none() { ADDED } else { CHANGED };
        tx.emit(Event { topic, shop: None, payload: json!({ "account": account, "address": id }) });
        Ok(Saved { id })
    }
}
