//! What can be done to subscriptions.

pub mod subscribe;
pub mod unsubscribe;
