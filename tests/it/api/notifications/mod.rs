//! Inboxes.

mod inbox;
