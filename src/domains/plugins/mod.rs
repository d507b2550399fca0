//! Plugins as operators see and steer them, and the task that keeps every replica on the release that is wanted.
//!
//! The layer [`plugins`](crate::plugins) finds, verifies and runs; it writes nothing. What is installed, and which release of it
//! is in use, stands in the table `plugins`; it is written by commands through the door like everything else, so that it is on
//! record ([`ops`]). [`keeper`] looks at the folder and the table four times a second: a file that appears is installed, one
//! that is gone is removed, and the table is followed.
//!
//! A file that is missing when a server starts removes nothing at once: another replica may have it, and tells so in the table
//! every 15 seconds. A plugin that no server had for a minute is removed like one whose file goes while a server looks: its codes
//! are dormant, and awake again with the file. Until then they are denied on a server that lacks it. An adviser is never removed
//! by its absence: what it advises on stands in the table, and is denied wherever it does not run, until an operator removes it.
//!
//! A release is started before it is promoted or gone back to, and where the one that is wanted does not start, the one that was
//! in use goes on. A server that has only a newer file installs it when no server has had the release in use for a minute.
//!
//! Tables: `plugins`; through [`codes`](crate::permissions::codes) the codes of services. Permissions:
//! `platform.plugin.read`, `platform.plugin.manage`. Events: `plugin.installed`, `plugin.promoted`, `plugin.rolled_back`,
//! `plugin.removed`.

pub mod graphql;
pub mod keeper;
pub mod metrics;
pub mod mutations;
pub mod ops;
pub mod perms;
pub mod store;
pub mod stream;

pub use keeper::Keeper;
