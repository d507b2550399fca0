//! What ends by the clock: red packets whose window is over.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Worker;
use crate::command::{Caller, Options, Origin};
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
            let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith worker".to_owned()) };
            let caller = Caller { actor: None, origin };
            match self.door.execute(caller, EndRedPacket { packet }, Options::default()).await {
                Ok(_) => ended += 1,
                // Another worker was first.
                Err(Fault::NotFound { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(ended)
    }
}
