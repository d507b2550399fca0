//! The commands on plugins, one a file. Those of the folder have nobody behind them: the operating system let somebody write
//! there. All are on record in the platform's trail.

pub mod install;
pub mod let_go_on;
pub mod promote;
pub mod remove;
pub mod roll_back;

use serde_json::{Value, json};

use crate::command::{Chain, Entry, Event};
use crate::permissions::Number;
use crate::permissions::codes::Registered;

/// The entry of what was done to a plugin.
fn entry(id: &str, permission: Option<Number>, detail: Value) -> Entry {
    Entry { chain: Chain::Platform, target: id.to_owned(), permission, grant: None, detail }
}

/// The event of it.
fn event(topic: &'static str, id: &str, version: &str) -> Event {
    Event { topic, shop: None, payload: json!({ "plugin": id, "version": version }) }
}

/// What became of its codes.
fn codes(registered: &Registered) -> Value {
    json!({ "added": registered.added, "dormant": registered.dormant, "riskier": registered.riskier })
}
