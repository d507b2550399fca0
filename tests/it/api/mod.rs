//! Mirrors the operations of the domains: `<domain>/<op>.rs`.

mod accounts;
mod association;
mod audit;
mod certification;
mod family;
mod intimate_pay;
mod notifications;
mod payments;
mod service_desk;
pub mod services;
mod shops;
pub mod staff;
