//! Mirrors the operations of the domains: `<domain>/<op>.rs`.

mod accounts;
mod audit;
mod notifications;
mod shops;
mod staff;
