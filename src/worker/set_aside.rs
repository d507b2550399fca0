//! Money that came back to accounts which are deleted is set aside (h36).

use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::domains::payments::balance::ops::set_aside::SetAside;
use crate::domains::payments::balance::store;
use crate::kernel::Fault;

impl Worker {
    /// Sets aside what came back to nobody. Says how many balances it found.
    ///
    /// # Errors
    /// The database's fault; what was not set aside is found the next time.
    pub async fn set_aside(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let found = store::of_deleted(&mut *self.door.db.get().await?).await?;
        let mut done = 0;
        for balance in found {
            if shutdown.is_cancelled() {
                break;
            }
            // Another worker may have been first.
            let command = SetAside { account: balance.owner_id, currency: balance.currency };
            done += u64::from(self.settle(command).await?);
        }
        Ok(done)
    }
}
