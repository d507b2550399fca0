//! Inboxes.

mod inbox;
mod preferences;
mod security;
mod stream;
