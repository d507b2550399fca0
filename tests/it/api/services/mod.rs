//! Third-party services: one file per operation, and what runs across them.

mod authorize;
mod booth;
mod configure_service;
mod foreign_ids;
mod issue_service_token;
mod list;
mod subscribe_service;
mod unsubscribe_service;
mod use_permission;

pub use booth::{Booth, PRINT, REPRINT};
