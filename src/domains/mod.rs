//! The domains, each in a folder: what it is, its tables, permissions and events stand in its `mod.rs`.
//!
//! A domain uses those above it only: accounts < payments < family, certification < association < intimate_pay < shops <
//! staff, services < service desk. Audit and notifications learn of others by what the command door wrote and by events.

pub mod accounts;
pub mod association;
pub mod audit;
pub mod certification;
pub mod family;
pub mod intimate_pay;
pub mod notifications;
pub mod payments;
pub mod plugins;
pub mod service_desk;
pub mod services;
pub mod shops;
pub mod staff;
