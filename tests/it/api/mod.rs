//! Mirrors the operations of the domains: `<domain>/<op>.rs`.

mod accounts;
mod audit;
mod certification;
mod family;
mod notifications;
pub mod services;
mod shops;
pub mod staff;
