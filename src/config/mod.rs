//! The configuration: `default.toml` (every key, embedded) < a TOML file < the environment < flags.
//!
//! [`load`](fn@load) gives a [`Config`] that has been checked, or a [`ConfigError`] of one line that names where the fault stands
//! (file, variable or flag) and the key (h38). After that nothing reads the environment any more.
//!
//! | file | what |
//! |---|---|
//! | [`sections`] | the types of the sections |
//! | [`load`](mod@load) | the layers, merged; secrets from files |
//! | [`check`] | the rules that a type cannot hold |
//! | [`error`] | one line per fault |

pub mod check;
pub mod error;
pub mod load;
pub mod sections;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub use error::ConfigError;
pub use load::{Sources, load, stray_variables};
pub use sections::{
    Argon2, Association, Audit, Auth, Certification, Codes, Contacts, Database, Demo, Desk, Family, Graphql,
    IntimatePay, Log, Messages, Notifications, Payments, Plugins, Refunds, Secrets, Server, SignalWeight, Staff,
    Worker,
};

/// The whole configuration, checked. Its `Debug` shows no secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP edge.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// What one request may cost.
    pub graphql: Graphql,
    /// Log-ins and passwords.
    pub auth: Auth,
    /// The key of this installation.
    pub secrets: Secrets,
    /// One-time codes.
    pub codes: Codes,
    /// Phone numbers and e-mail addresses.
    pub contacts: Contacts,
    /// Accounts that may belong together.
    pub association: Association,
    /// The service desk of shops.
    pub desk: Desk,
    /// Invitations to relatives.
    pub family: Family,
    /// A relative pays within limits.
    pub intimate_pay: IntimatePay,
    /// Text messages and e-mails.
    pub messages: Messages,
    /// Cards, and where their money comes from.
    pub payments: Payments,
    /// What one call may approve.
    pub refunds: Refunds,
    /// Identities, faces, photos and reviews.
    pub certification: Certification,
    /// Sub-accounts.
    pub staff: Staff,
    /// What happens after the answer.
    pub worker: Worker,
    /// The audit trail, live.
    pub audit: Audit,
    /// Inboxes, live.
    pub notifications: Notifications,
    /// Third-party services' libraries.
    pub plugins: Plugins,
    /// Demo mode.
    pub demo: Demo,
    /// Logs.
    pub log: Log,
    /// Where each key got its value from.
    #[serde(skip)]
    pub(crate) origins: BTreeMap<String, String>,
}

impl Config {
    /// A fault that only shows when a setting is used (the port is taken, the folder is not writable), in the same form as one that
    /// shows when it is read.
    #[must_use]
    pub fn fault(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError::new(self.origin(key), key, reason)
    }

    /// Where a key got its value from: a file, a variable, a flag.
    #[must_use]
    pub fn origin(&self, key: &str) -> &str {
        self.origins.get(key).map_or(DEFAULTS, String::as_str)
    }

    /// Everything that a value was taken from.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.origins.values().map(String::as_str).collect();
        names.into_iter().collect()
    }
}

/// What faults in the defaults are named after.
pub(crate) const DEFAULTS: &str = "default.toml";

/// The defaults as they are documented.
pub const DEFAULT_TOML: &str = include_str!("default.toml");
