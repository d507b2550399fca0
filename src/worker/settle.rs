//! Orders whose buyer did not confirm the receipt in time: their money goes to the shop.

use tokio_util::sync::CancellationToken;

use super::Worker;
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
            // Another worker, the buyer or a refund may have been first.
            settled += u64::from(self.settle(SettleOrder { order }).await?);
        }
        Ok(settled)
    }
}
