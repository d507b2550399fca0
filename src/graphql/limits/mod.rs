//! How much one request may ask for.
//!
//! async-graphql puts fragments in their places again and again while it validates, so 840 bytes of doubling fragments
//! cost it nine seconds and gigabytes (`facts.md`), before any limit of its own applies. So Kith measures first:
//!
//! ```text
//! text ─ scan ──────── bytes, tokens, nesting, directives: one pass, no allocation, safe for the parser behind it
//!      └ parse ─────── async-graphql's own parser, whose recursion the scan has bounded
//!          └ measure ─ each fragment once (memo), saturating, cycles found: depth, selections, aliases, roots, cost
//!              └ Checked: the only thing that the edge can execute
//! ```
//!
//! [`Checked`] cannot be built except by [`Check::check`], and the edge executes nothing else: POST, GET, a persisted query
//! and WebSocket pass here alike. It is not an async-graphql extension, because a schema with any extension takes the slow
//! path for *every field* (a registry look-up and two boxes each).
//!
//! | file | what |
//! |---|---|
//! | `config` | the limits and their defaults |
//! | `scan` | the pass over the text |
//! | `schema` | what the schema says about sizes: lists, connections, page arguments |
//! | `document` | fragments in an order in which each comes after those it uses |
//! | `known` | documents that were parsed before |
//! | `measure` | the figures of one operation or fragment |
//! | `variables` | the size of the variables, and those that are missing |
//! | `check` | all of it in order |
//! | `refused` | what is said when something is too much |

mod check;
mod config;
mod document;
pub mod known;
mod measure;
mod refused;
pub mod scan;
mod schema;
mod variables;

pub use check::{Check, Checked, Cost};
pub use config::Limits;
pub use known::Proof;
pub use refused::Refused;
pub use schema::{Sizes, UnreadableSchema};
