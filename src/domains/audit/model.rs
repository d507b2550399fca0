//! What may be read, what is looked for, and how the detail of an entry is shown. No SQL.

use async_graphql::Enum;
use serde_json::Value;
use uuid::Uuid;

use crate::command::Chain;
use crate::kernel::ids::{LedgerAccountId, LedgerEntryId, TypedId};
use crate::kernel::{Fault, Instant, Subject};
use crate::permissions::{Actor, Guarded, Number, Permit, PlatformPermit, ReadPermit, catalogue};

/// Reading the trail of one's shop.
pub const READ: Number = catalogue::number("audit.read");
/// Reading every trail, as an operator.
pub const READ_EVERY: Number = catalogue::number("platform.audit.read");

/// The place of an entry in a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(pub i64);

/// A chain that the reader may read. The store asks for it, so that the check cannot be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Readable(Uuid);

impl Readable {
    /// The chain of a shop.
    #[must_use]
    pub fn shop(permit: ReadPermit) -> Self {
        Self(Chain::Shop(permit.shop).uuid())
    }

    /// The chain of a shop that a command was permitted something in.
    #[must_use]
    pub fn of<R: Guarded>(permit: &Permit<R>) -> Self {
        Self(Chain::Shop(permit.record().shop()).uuid())
    }

    /// The chain of what an account does to itself, for that account.
    ///
    /// # Errors
    /// [`Fault::NotFound`] for a sub-account: what it does stands in its shop's chain.
    pub fn own(actor: &Actor) -> Result<Self, Fault> {
        match actor.subject {
            Subject::Account { id } => Ok(Self(Chain::Account(id).uuid())),
            Subject::SubAccount { .. } => Err(Fault::NotFound { what: "audit trail" }),
        }
    }

    /// The chain of the platform, for operators.
    #[must_use]
    pub fn platform(_: PlatformPermit) -> Self {
        Self(Chain::Platform.uuid())
    }

    /// The key of the chain.
    #[must_use]
    pub fn key(self) -> Uuid {
        self.0
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was denied, and nothing was changed.
    Denied,
}

impl AuditOutcome {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Denied => "DENIED",
        }
    }

    /// From the table; what is not `DONE` was not done.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text == "DONE" { Self::Done } else { Self::Denied }
    }
}

/// What to look for. Nothing set: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who, as an id.
    pub actor: Option<String>,
    /// On what, as an id.
    pub target: Option<String>,
    /// What: the name of a mutation.
    pub action: Option<String>,
    /// How it ended.
    pub outcome: Option<AuditOutcome>,
    /// From this moment on.
    pub since: Option<Instant>,
    /// Up to this moment, which is not included.
    pub until: Option<Instant>,
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Most lines of detail that are shown of one entry.
const MOST_LINES: usize = 100;

/// The detail of an entry as lines of key and value: `constraints.perDay` → `50000`. Keys of the ledger, which are those
/// of the database, are shown as ids.
#[must_use]
pub fn details(value: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    flatten(String::new(), value, &mut lines);
    lines.truncate(MOST_LINES);
    lines
}

fn flatten(key: String, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        _ if lines.len() > MOST_LINES => {}
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(name, value)| flatten(below(name), value, lines)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| flatten(below(&at.to_string()), value, lines));
        }
        Value::String(text) => {
            let shown = ledger_id(&key, text).unwrap_or_else(|| text.clone());
            lines.push((key, shown));
        }
        other => lines.push((key, other.to_string())),
    }
}

fn ledger_id(key: &str, text: &str) -> Option<String> {
    let within = key.strip_prefix("ledger.")?;
    let uuid: Uuid = text.parse().ok()?;
    match within.rsplit('.').next()? {
        "entry" => Some(LedgerEntryId::from_uuid(uuid).to_string()),
        "debit" | "credit" => Some(LedgerAccountId::from_uuid(uuid).to_string()),
        _ => None,
    }
}
