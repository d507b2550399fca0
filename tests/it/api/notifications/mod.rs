//! Inboxes.

mod inbox;
mod security;
