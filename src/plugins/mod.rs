//! The server's side of plugins (issue 3; requirements 4.15, 5.8, 5.9): from a folder of signed libraries to decisions. Safe
//! code: what is not safe lives in `plugins/` of the workspace.
//!
//! | file | what |
//! |---|---|
//! | [`settings`] | the configuration as it is used here; the operator's trust file |
//! | [`scan`] | the folder: which files are new, which are gone, what each is worth |
//! | [`release`] | one verified release of a plugin: what it tells, and starting it |
//! | [`running`] | a started one: asking it, its figures, the newer one in its shadow |
//! | `words` | from an [`Ask`](crate::permissions::arbiter::Ask) to a request of the contract, from a verdict to a word |
//! | `held` | what the registry holds: the folder, what is kept to go back to, what is trusted no more |
//! | `believing` | what it may advise on, whether it is still believed, whose the operator's own files are |
//! | [`set`] | one generation of all of them: the [`Arbiter`](crate::permissions::arbiter::Arbiter) |
//! | [`meter`], [`view`] | figures; what operators see |
//! | [`shadow`] | where the newer release disagrees with the one in use |
//! | [`sign`] | signing what lies in the folder, for the demo and for tests |
//! | [`registry`] | [`Plugins`]: the generation in use, what the folder has, what failed |
//! | `native` | what only Linux has: sealing, loading, isolation |
//!
//! # The life of a release
//!
//! ```text
//! found → verified → probed in a child → (shadow of the one in use) → started → self-tested → published → drained → ended
//! ```
//!
//! Two files make a release: `libNAME.so` and `libNAME.kith.json` beside it (and perhaps `libNAME.golden.json`, vectors that the
//! probe tries). A refusal changes nothing; it is listed with its code. Nothing is ever unloaded.
//!
//! Which release of a plugin is in use stands in the table `plugins`, so that every replica uses the same one. The first
//! release of a plugin is used at once; a later one stands in the shadow of the one in use until an operator promotes it. The
//! domain `plugins` holds the commands that write the table and the task that follows it.
//!
//! # What others use
//!
//! - [`catalogue`](crate::permissions::catalogue): `by_code`, `by_number`, `code`, `page` give services' codes like Kith's own.
//! - [`codes`](crate::permissions::codes): `subscribe`, `unsubscribe`, `has_service`, `services_of`, `awaiting_consent` decide
//!   in which shops a service's codes count. A service is a plugin with codes; its id is the plugin's.
//! - [`Tx::permit`](crate::command::Tx::permit) on a service's code asks the service and counts the use, like any permit. To
//!   keep the connection free meanwhile, ask first: `actor.arbiter.rule(vec![Ask::of(…).with(facts)])`, then
//!   [`Tx::permit_ruled`](crate::command::Tx::permit_ruled) in the command. For an answer that uses nothing up:
//!   [`explain`](crate::permissions::explain::explain), then [`advise`](crate::permissions::explain::advise).
//! - [`Plugins::services`] lists the services in use with their settings' schemas, for a page where one subscribes.
//! - What a shop or a sub-account set of a service ([`settings`](crate::permissions::settings)) goes to an instance of its own
//!   ([`instances`]): the plugin's `create` gets it.

#[cfg(target_os = "linux")]
mod believing;
mod held;
pub mod instances;
pub mod meter;
#[cfg(target_os = "linux")]
pub mod native;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
pub mod native;
pub mod registry;
pub mod release;
pub mod running;
pub mod scan;
pub mod set;
pub mod settings;
pub mod shadow;
pub mod sign;
pub mod view;
#[cfg(target_os = "linux")]
pub mod words;

pub use native::{check_isolation, child_entry};
pub use registry::Plugins;
pub use release::{Refused, Release};
pub use set::PluginSet;
pub use settings::Settings;
