//! Mirrors the operations of the domains: `<domain>/<op>.rs`.

mod accounts;
mod association;
mod audit;
mod family;
mod notifications;
pub mod services;
mod shops;
pub mod staff;
