//! From events of the lower domains to signals.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::model::Kind;
use super::store::{self, Seen};
use crate::command::{Consumer, Delivery, Env};
use crate::db::Connection;
use crate::domains::accounts::addresses::{self, store as address_store};
use crate::domains::accounts::contacts::model::{Address, Kind as ContactKind};
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::accounts::sessions::seen::LOGGED_IN;
use crate::domains::accounts::sessions::store as sessions;
use crate::domains::certification;
use crate::domains::certification::events::REAL_NAME_PASSED;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, SessionId, TypedId};
use crate::providers::keys::{KeyedHash, unhex};

const CONTACTS: [&str; 2] = ["contact.bound", "contact.changed"];
const ADDRESSES: [&str; 3] = [addresses::ADDED, addresses::CHANGED, addresses::USED];

/// Writes signals.
pub struct Signals {
    /// Opens what is sealed, and hashes.
    pub env: Arc<Env>,
}

impl Consumer for Signals {
    fn name(&self) -> &'static str {
        "association"
    }

    fn wants(&self, topic: &str) -> bool {
        topic == LOGGED_IN || topic == REAL_NAME_PASSED || CONTACTS.contains(&topic) || ADDRESSES.contains(&topic)
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let mut seen = Vec::new();
            for event in events {
                // An event without an account is not one of ours: nothing can be made of it, now or later.
                let Some(account) = text(event, "account").and_then(|id| id.parse().ok()) else { continue };
                match event.topic.as_str() {
                    LOGGED_IN => self.logged_in(conn, account, event, &mut seen).await?,
                    REAL_NAME_PASSED => self.real_name(conn, account, event, &mut seen).await?,
                    topic if CONTACTS.contains(&topic) => self.contacts(conn, account, event, &mut seen).await?,
                    _ => self.addresses(conn, account, event, &mut seen).await?,
                }
            }
            Ok(store::note(conn, &seen).await?)
        }
        .boxed()
    }
}

impl Signals {
    /// The device, the network, and who else is logged in on the device (requirement 1.2).
    async fn logged_in(
        &self,
        conn: &mut Connection,
        account: AccountId,
        event: &Delivery,
        seen: &mut Vec<Seen>,
    ) -> Result<(), Fault> {
        let at = event.created_at;
        let mut note = |account, kind, value_key| seen.push(Seen { account, kind, value_key, at });
        if let Some(ip) = text(event, "ip").and_then(unhex) {
            note(account, Kind::Ip, ip);
        }
        let Some(device) = text(event, "device").and_then(unhex) else { return Ok(()) };
        note(account, Kind::Device, device);
        let Some(session) = text(event, "session").and_then(|id| id.parse::<SessionId>().ok()) else { return Ok(()) };
        let others = store::log_in(conn, &device, account, session, at).await?;
        let ids: Vec<SessionId> = others.iter().map(|(_, session)| *session).collect();
        let open = sessions::open_among(conn, &ids, at).await?;
        for (other, _) in others.iter().filter(|(_, session)| open.contains(session)) {
            let value = self.together(&device, account, *other);
            note(account, Kind::Together, value);
            note(*other, Kind::Together, value);
        }
        Ok(())
    }

    /// A value that these two have, and nobody else: whoever was on the device at another time was not there with them.
    fn together(&self, device: &KeyedHash, one: AccountId, two: AccountId) -> KeyedHash {
        let (first, second) = (one.min(two).uuid(), one.max(two).uuid());
        self.env.keys.hash(Kind::Together.purpose(), &[device, first.as_bytes(), second.as_bytes()])
    }

    /// The bound numbers and addresses (requirement 1.3).
    async fn contacts(
        &self,
        conn: &mut Connection,
        account: AccountId,
        event: &Delivery,
        seen: &mut Vec<Seen>,
    ) -> Result<(), Fault> {
        for contact in contacts::of_account(conn, account).await? {
            let Some(kind) = ContactKind::parse(&contact.kind) else { continue };
            let address = Address::open(&self.env.keys, kind, &contact.value).map_err(Fault::internal)?;
            seen.push(self.contact(account, &address, event));
        }
        Ok(())
    }

    fn contact(&self, account: AccountId, address: &Address, event: &Delivery) -> Seen {
        let kind = match address.kind {
            ContactKind::Phone => Kind::Phone,
            ContactKind::Email => Kind::Email,
        };
        let value_key = self.env.keys.hash(kind.purpose(), &[address.expose().as_bytes()]);
        Seen { account, kind, value_key, at: event.created_at }
    }

    /// The certified name (requirement 1.3), of which certification tells a hash and nothing else.
    async fn real_name(
        &self,
        conn: &mut Connection,
        account: AccountId,
        event: &Delivery,
        seen: &mut Vec<Seen>,
    ) -> Result<(), Fault> {
        let kind = Kind::RealName;
        let hash = certification::name_hashed_for(conn, &self.env.keys, account, kind.purpose()).await?;
        seen.extend(hash.map(|value_key| Seen { account, kind, value_key, at: event.created_at }));
        Ok(())
    }

    /// The delivery address of the event, normalised, and the phone of who takes it in (requirements 1.3, 1.4).
    async fn addresses(
        &self,
        conn: &mut Connection,
        account: AccountId,
        event: &Delivery,
        seen: &mut Vec<Seen>,
    ) -> Result<(), Fault> {
        let Some(id) = text(event, "address").and_then(|id| id.parse().ok()) else { return Ok(()) };
        // One that was removed since tells nothing any more.
        let Some(row) = address_store::get(conn, account, id).await? else { return Ok(()) };
        let place = row.open(&self.env.keys).map_err(Fault::internal)?;
        let value_key = self.env.keys.hash(Kind::Address.purpose(), &[place.normalised().as_bytes()]);
        seen.push(Seen { account, kind: Kind::Address, value_key, at: event.created_at });
        if let Some(phone) = Address::phone(&place.phone, &self.env.contacts.region) {
            seen.push(self.contact(account, &phone, event));
        }
        Ok(())
    }
}

fn text<'a>(event: &'a Delivery, key: &str) -> Option<&'a str> {
    event.payload.get(key).and_then(Value::as_str)
}
