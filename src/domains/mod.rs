//! The domains, each in a folder: what it is, its tables, permissions and events stand in its `mod.rs`.
//!
//! A domain uses those above it only: accounts < family < shops < staff. Audit and notifications learn of others by what the
//! command door wrote and by events.

pub mod accounts;
pub mod audit;
pub mod certification;
pub mod family;
pub mod notifications;
pub mod plugins;
pub mod services;
pub mod shops;
pub mod staff;
