//! Orders whose buyer did not confirm the receipt in time: their money goes to the shop.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Worker;
use crate::command::{Caller, Options, Origin};
use crate::domains::shops::orders::ops::settle::SettleOrder;
use crate::domains::shops::orders::store;
use crate::kernel::Fault;

impl Worker {
    /// Settles orders that are due. Says how many.
    ///
    /// # Errors
    /// The database's fault; what was not settled is found the next time.
    pub async fn settle_orders(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let due = store::to_settle(&mut *self.door.db.get().await?, self.door.clock.now()).await?;
        let mut settled = 0;
        for order in due {
            if shutdown.is_cancelled() {
                break;
            }
            let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith worker".to_owned()) };
            let caller = Caller { actor: None, origin };
            match self.door.execute(caller, SettleOrder { order }, Options::default()).await {
                Ok(_) => settled += 1,
                // Another worker, the buyer or a refund was first.
                Err(Fault::NotFound { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(settled)
    }
}
