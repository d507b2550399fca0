//! From events to inboxes.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::model::Channel;
use super::store::{self, To, Told};
use super::topics;
use crate::command::{Consumer, Delivery};
use crate::db::Connection;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Writes notifications.
pub struct Inbox;

impl Consumer for Inbox {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn wants(&self, topic: &str) -> bool {
        topics::TOPICS.contains(&topic)
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        let told: Vec<Told> = events.iter().flat_map(|event| told(event)).collect();
        async move { Ok(store::insert(conn, &told).await?) }.boxed()
    }
}

/// What an event tells to whom: to the shop's main account, and to the account that is asked something.
pub(super) fn told(event: &Delivery) -> Vec<Told> {
    let Some(title) = topics::title(&event.topic, &event.payload) else { return Vec::new() };
    let asked = event.payload.get("account").and_then(Value::as_str).and_then(|id| id.parse::<AccountId>().ok());
    let shop = event.shop.map(To::MainAccountOf);
    let asked = asked.filter(|_| topics::concerns_account(&event.topic)).map(To::Account);
    // Whom an event of several sides concerns, it says itself.
    let sides = event.payload.get("accounts").and_then(Value::as_array).into_iter().flatten();
    let sides = sides.filter_map(|id| id.as_str()?.parse::<AccountId>().ok()).map(To::Account);
    let to = shop.into_iter().chain(asked).chain(sides);
    let channel = Channel::of(&event.topic);
    to.map(|to| Told {
        to,
        event: event.id,
        topic: event.topic.clone(),
        channel,
        title: title.clone(),
        at: event.created_at,
    })
    .collect()
}
