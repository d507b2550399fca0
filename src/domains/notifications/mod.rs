//! Notifications: what happened, in the inbox of whom it concerns.
//!
//! A consumer of the worker ([`consumer`]) turns events into notifications for the shop's main account, and for the
//! account that an invitation is meant for. It knows other domains by the topics and payloads of their events only
//! ([`topics`]). An account reads its own inbox, newest first, and marks it as read.
//!
//! Tables: `notifications` (keyed by account and event, so that an event which comes twice tells once). Permissions:
//! none; an inbox belongs to its account. Events: none.

pub mod consumer;
pub mod graphql;
pub mod ops;
pub mod store;
pub mod topics;

pub use consumer::Inbox;
pub use graphql::{NotificationMutation, ViewerNotifications};
