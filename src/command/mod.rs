//! The write door: every change of Kith's data goes through [`Door::execute`] or [`Door::execute_shared`], and nowhere else (design,
//! decision 2).
//!
//! Open the transaction → the command runs (it asks [`Tx::permit`] first, which hands over the locked record) → answer by
//! idempotency key, events and audit entry ([`closing`]) → commit, or roll back for `@dryRun`. Row, ledger, audit and event
//! stand or fall together; nothing leaves the process inside the transaction. A key that was used before undoes the command,
//! and the first one's answer is given ([`idempotency`]). Commands of one kind that arrive together may share a transaction
//! ([`shared`]).
//!
//! Tables: `idempotency_keys`, `audit_chains` and `audit_entries` (written here, read by the audit domain), `outbox`
//! (written here, drained by the worker), `messages` (likewise).

pub mod audit;
pub mod closing;
pub mod consumer;
pub mod door;
pub mod env;
pub mod idempotency;
pub mod messages;
pub mod outbox;
pub mod parts;
pub mod shared;
pub mod tx;

use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::kernel::Fault;
use crate::kernel::fault::Refusal;
use crate::permissions::Actor;

pub use audit::{By, Chain, Entry};
pub use consumer::{Consumer, Delivery};
pub use door::{Door, Options, Outcome};
pub use env::Env;
pub use outbox::Event;
pub use parts::Parts;
pub use shared::{Shared, Sheet};
pub use tx::Tx;

/// Whether a command takes an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// Money moves: without a key the command is refused (design, "The face").
    Required,
    /// A key may be given.
    Optional,
    /// The answer holds a secret or belongs to nobody yet, so it is not kept.
    Unsupported,
}

/// One thing that changes Kith's data. Its file holds the rule on one screen.
///
/// What it serialises to is its content: the same key with other content is a conflict (h04). Secrets are skipped.
pub trait Command: Serialize + Send + Sync + 'static {
    /// The name of the mutation.
    const NAME: &'static str;
    /// Whether it takes an idempotency key.
    const KEY: KeyRule = KeyRule::Optional;
    /// Whether it may be tried with `@dryRun`. Not where a secret is compared: a try that leaves no trace could be repeated
    /// without end (h32).
    const DRY_RUN: bool = true;
    /// Whether an account may run it that has to confirm something unusual first (requirement 3.13): only what ends, confirms or
    /// shows something. Nothing else, unless it says so.
    const WHILE_RESTRICTED: bool = false;
    /// What it answers. Kept with the idempotency key, so that a retry gets the same answer.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// What its rule refuses.
    type Refusal: Refusal;

    /// The rule. Runs inside the transaction.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output, Fault<Self::Refusal>>> + Send;

    /// What it means to the user that a write which the rule left to the door ([`Tx::leave`]) broke a constraint; nothing, if
    /// that must not happen.
    fn broken(_constraint: &str) -> Option<Self::Refusal> {
        None
    }
}

/// Who calls, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who is logged in, if anybody.
    pub actor: Option<Arc<Actor>>,
    /// Where the request came from.
    pub origin: Origin,
}

/// Where a request came from, for the audit entry (requirement 4.18).
#[derive(Debug, Clone)]
pub struct Origin {
    /// The request's id, which the client gets back.
    pub request_id: Uuid,
    /// The address of the client.
    pub ip: Option<IpAddr>,
    /// The client program, as it names itself.
    pub user_agent: Option<String>,
}
