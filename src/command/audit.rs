//! Writing the audit trail: who, what, on what, when, from where, under which grant (requirement 4.18).
//!
//! Entries of a chain are hashed one after the other: each hash covers the one before, so that an edited, removed or
//! inserted row shows (h14). The head of the chain is moved by one `UPDATE`, which also puts concurrent writers of one
//! shop in order; it stands in the last statement before the commit ([`super::closing`]), so the lock is short.

use diesel::prelude::*;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Caller;
use crate::db::schema::audit_entries;
use crate::kernel::ids::{AccountId, SessionId, ShopId, TypedId};
use crate::kernel::{Instant, Subject};
use crate::permissions::{Number, catalogue};

/// Where an entry belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// What is done to a shop.
    Shop(ShopId),
    /// What an account does to itself.
    Account(AccountId),
    /// What operators do to the platform.
    Platform,
}

impl Chain {
    /// The key of the chain.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Shop(id) => id.uuid(),
            Self::Account(id) => id.uuid(),
            Self::Platform => Uuid::nil(),
        }
    }

    fn shop(self) -> Option<ShopId> {
        match self {
            Self::Shop(id) => Some(id),
            _ => None,
        }
    }
}

/// Where it belongs what a subject does to itself: a sub-account's deeds are its shop's (requirement 4.18).
impl From<Subject> for Chain {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Account { id } => Self::Account(id),
            Subject::SubAccount { shop, .. } => Self::Shop(shop),
        }
    }
}

/// Who did something, when the caller does not tell: whoever logs in is somebody only afterwards.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub subject: Subject,
    /// The name they have.
    pub name: String,
    /// The session that began with it.
    pub session: SessionId,
}

/// One deed, as a command describes it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it belongs.
    pub chain: Chain,
    /// The record it was done to, as an id.
    pub target: String,
    /// The permission that was used, if one was needed.
    pub permission: Option<Number>,
    /// The grant that allowed it, as an id.
    pub grant: Option<String>,
    /// What else to remember. Nothing secret; integers and texts only, so that the hash is the same everywhere.
    pub detail: Value,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was denied.
    Denied,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Denied => "DENIED",
        }
    }
}

/// An entry as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// The chain.
    pub chain_id: Uuid,
    /// The place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Who, as an id.
    pub actor: String,
    /// Who, by the name they had then.
    pub actor_name: String,
    /// What: the name of the mutation.
    pub action: String,
    /// On what, as an id.
    pub target: String,
    /// `DONE` or `DENIED`.
    pub outcome: String,
    /// The permission that was used or missing.
    pub permission: Option<String>,
    /// The grant that allowed it.
    pub grant_id: Option<String>,
    /// The session.
    pub session_id: Option<String>,
    /// The address.
    pub ip: Option<String>,
    /// The client program.
    pub client: Option<String>,
    /// The request.
    pub request_id: Uuid,
    /// What else there is to know.
    pub detail: Value,
    /// The hash over this entry and the one before.
    pub hash: Vec<u8>,
}

impl Row {
    /// What the hash covers, byte for byte: every column but the place and the hash itself.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let fields = serde_json::json!([
            self.chain_id,
            self.at.timestamp_micros(),
            self.actor,
            self.actor_name,
            self.action,
            self.target,
            self.outcome,
            self.permission,
            self.grant_id,
            self.session_id,
            self.ip,
            self.client,
            self.request_id,
            sorted(&self.detail),
        ]);
        fields.to_string().into_bytes()
    }

    /// The hash of this entry behind `previous`.
    #[must_use]
    pub fn hash_after(&self, previous: &[u8]) -> Vec<u8> {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        hasher.update(self.canonical());
        hasher.finalize().to_vec()
    }
}

/// The value with everything hidden that stands under a name of a secret. Commands put no secrets here; an entry stays
/// for ever, so this is looked at twice (h35).
pub fn without_secrets(value: Value) -> Value {
    const NAMES: [&str; 4] = ["password", "secret", "token", "otp"];
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| {
                    let name = key.to_ascii_lowercase();
                    let secret = NAMES.iter().any(|secret| name.contains(secret));
                    (key, if secret { Value::from("***") } else { without_secrets(value) })
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_secrets).collect()),
        other => other,
    }
}

/// The same value with the keys of every object in order: `jsonb` keeps no order.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(keys.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// The hash before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// Most characters of a client's own name that are kept.
const LONGEST_CLIENT: usize = 200;

impl Row {
    /// The row of an entry. Its place and its hash come with its writing ([`super::closing`]). The actor is the caller's
    /// unless `by` says otherwise.
    #[must_use]
    pub fn of(caller: &Caller, now: Instant, action: &str, entry: Entry, outcome: Outcome, by: Option<By>) -> Self {
        let mut row = row(caller, now, action, entry, outcome);
        if let Some(by) = by {
            (row.actor, row.actor_name) = (by.subject.to_string(), by.name);
            row.session_id = Some(by.session.to_string());
        }
        row
    }
}

fn row(caller: &Caller, now: Instant, action: &str, entry: Entry, outcome: Outcome) -> Row {
    let shop = entry.chain.shop();
    let (actor, actor_name) = match &caller.actor {
        None => ("anonymous".to_owned(), "anonymous".to_owned()),
        Some(actor) => {
            let seat = shop.and_then(|shop| actor.seat(shop));
            let subject: Subject = seat.map_or(actor.subject, |seat| seat.holder(actor.subject));
            (subject.to_string(), actor.name_in(shop).to_owned())
        }
    };
    Row {
        chain_id: entry.chain.uuid(),
        seq: 0,
        at: now,
        actor,
        actor_name,
        action: action.to_owned(),
        target: entry.target,
        outcome: outcome.text().to_owned(),
        permission: entry.permission.map(|n| catalogue::code(n).to_owned()),
        grant_id: entry.grant,
        session_id: caller.actor.as_ref().map(|a| a.session.to_string()),
        ip: caller.origin.ip.map(|ip| ip.to_string()),
        client: caller.origin.user_agent.as_ref().map(|c| c.chars().take(LONGEST_CLIENT).collect()),
        request_id: caller.origin.request_id,
        detail: without_secrets(entry.detail),
        hash: Vec::new(),
    }
}
