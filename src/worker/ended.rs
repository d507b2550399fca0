//! What ends by the clock: red packets whose window is over.

use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::domains::shops::red_packets::ops::end::EndRedPacket;
use crate::domains::shops::red_packets::store;
use crate::kernel::Fault;

impl Worker {
    /// Ends red packets whose window is over: what nobody claimed goes back. Says how many.
    ///
    /// # Errors
    /// The database's fault; what was not ended is found the next time.
    pub async fn end_red_packets(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let due = store::due(&mut *self.door.db.get().await?, self.door.clock.now()).await?;
        let mut ended = 0;
        for packet in due {
            if shutdown.is_cancelled() {
                break;
            }
            // Another worker may have been first.
            ended += u64::from(self.settle(EndRedPacket { packet }).await?);
        }
        Ok(ended)
    }
}
