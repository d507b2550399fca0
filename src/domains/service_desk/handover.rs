//! Handing over: the conversations of whoever departs go to others at once (requirement 4.17).

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::conversations::ops::assign::assign;
use super::conversations::store;
use super::routing::store as routing;
use crate::command::{Consumer, Delivery, Env};
use crate::db::Connection;
use crate::kernel::Fault;
use crate::kernel::ids::SubAccountId;

const DEPARTED: &str = "sub_account.departed";

/// Hands conversations over.
pub struct Handover {
    /// The figures of the desk.
    pub env: Arc<Env>,
}

impl Consumer for Handover {
    fn name(&self) -> &'static str {
        "handover"
    }

    fn wants(&self, topic: &str) -> bool {
        topic == DEPARTED
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            for event in events {
                let gone = event.payload.get("subAccount").and_then(|id| id.as_str());
                let gone = gone.and_then(|id| id.parse::<SubAccountId>().ok());
                let (Some(shop), Some(gone)) = (event.shop, gone) else { continue };
                routing::lock(conn, shop).await?;
                for mut conversation in store::of_agent(conn, shop, gone).await? {
                    let of = (shop, conversation.buyer_id, conversation.page.as_str());
                    let mut look = routing::look(conn, of, &self.env.desk, event.created_at).await?;
                    look.online.retain(|agent| agent.id != gone);
                    assign(conn, &mut conversation, &look, Some(gone), event.created_at).await?;
                    store::update(conn, &conversation).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }
}
