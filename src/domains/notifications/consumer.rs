//! From events to inboxes.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{store, topics};
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

    fn consume<'a>(&'a self, conn: &'a mut Connection, event: &'a Delivery) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let Some(title) = topics::title(&event.topic, &event.payload) else { return Ok(()) };
            for account in recipients(conn, event).await? {
                store::insert(conn, account, event.id, &event.topic, &title, event.created_at).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// The shop's main account, and the account that is asked something.
async fn recipients(conn: &mut Connection, event: &Delivery) -> Result<Vec<AccountId>, Fault> {
    let mut recipients = Vec::new();
    if let Some(shop) = event.shop {
        recipients.extend(store::main_account(conn, shop).await?);
    }
    let named = event.payload.get("account").and_then(Value::as_str).and_then(|id| id.parse::<AccountId>().ok());
    if let Some(account) = named.filter(|_| topics::concerns_account(&event.topic))
        && store::account_exists(conn, account).await?
    {
        recipients.push(account);
    }
    Ok(recipients)
}
