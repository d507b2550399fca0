//! The audit trail.

mod stream;
mod trail;
mod verify;
