//! What a log-in tells others: that it was, and from where, as hashes that nobody can turn back (requirements 1.2, 1.5).

use std::net::IpAddr;

use serde_json::json;

use crate::command::{Event, Tx};
use crate::kernel::ids::{AccountId, SessionId};
use crate::providers::Keys;
use crate::providers::keys::{KeyedHash, hex};

/// An account logged in. The payload: `account`, `session`, and `device` and `ip` as keyed hashes, or null.
pub const LOGGED_IN: &str = "account.logged_in";

/// The hash of a device, by what it keeps as its token (or the hash of that).
#[must_use]
pub fn device_key(keys: &Keys, token: &[u8]) -> KeyedHash {
    keys.hash("association.device", &[token])
}

/// The hash of the network that an address is of: the address itself, or the /64 of IPv6, which is one household's. None for
/// addresses that are of this machine or of a private network: they would name a proxy of ours.
#[must_use]
pub fn network_key(keys: &Keys, ip: IpAddr) -> Option<KeyedHash> {
    let told = match ip.to_canonical() {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified() => {
            return None;
        }
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() => return None,
        IpAddr::V6(v6) => v6.octets().iter().take(8).copied().collect(),
    };
    Some(keys.hash("association.ip", &[&told]))
}

/// The event of a log-in; `device` is what the device keeps as its token, if it has one.
#[must_use]
pub fn logged_in(tx: &Tx<'_>, account: AccountId, session: SessionId, device: Option<&[u8]>) -> Event {
    let keys = &tx.env.keys;
    let device = device.map(|token| hex(&device_key(keys, token)));
    let ip = tx.caller.origin.ip.and_then(|ip| network_key(keys, ip)).map(|key| hex(&key));
    let payload = json!({ "account": account, "session": session, "device": device, "ip": ip });
    Event { topic: LOGGED_IN, shop: None, payload }
}
