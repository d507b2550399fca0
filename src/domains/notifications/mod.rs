//! Notifications: what happened, in the inbox of whom it concerns.
//!
//! A consumer of the worker ([`consumer`]) turns events into notifications for the shop's main account, and for the
//! account that an invitation is meant for. It knows other domains by the topics and payloads of their events only
//! ([`topics`]). An account reads its own inbox, newest first, and marks it as read.
//!
//! Every message belongs to a channel ([`model`]); an account switches channels off and on ([`preferences`]), but not that of its
//! security. Whoever listens gets new messages as they come ([`stream`]). Alarms go to the bound e-mail address or phone as well,
//! and so does of the other channels what an account asks for ([`by_message`]).
//!
//! Tables: `notifications` (keyed by account and event, so that an event which comes twice tells once), `inboxes` (how many
//! messages each has had), `notification_mutes`, `notification_messages`. Permissions: none; an inbox belongs to its account. Events: none.

pub mod by_message;
pub mod consumer;
pub mod graphql;
pub mod leaving;
pub mod model;
pub mod ops;
pub mod preferences;
pub mod store;
pub mod stream;
pub mod topics;

pub use by_message::ByMessage;
pub use consumer::Inbox;
pub use graphql::{NotificationMutation, ViewerNotifications};
pub use preferences::{PreferenceMutation, ViewerPreferences};
pub use stream::Inboxes;
pub use stream::graphql::NotificationSubscription;
