//! Requests to pay that nobody answered in time are written down as lapsed, and both sides are told (requirement 0.12).

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Worker;
use crate::command::{Caller, Options, Origin};
use crate::domains::intimate_pay::requests::ops::lapse::{LapsePayRequests, MOST};
use crate::domains::intimate_pay::requests::store;
use crate::kernel::Fault;

impl Worker {
    /// Writes down what has lapsed, in small steps. Says how many requests.
    ///
    /// # Errors
    /// The database's fault; what was written down before stays so.
    pub async fn lapse(&self, shutdown: &CancellationToken) -> Result<i64, Fault> {
        let mut lapsed = 0;
        loop {
            let any = store::any_lapsed(&mut *self.door.db.get().await?, self.door.clock.now()).await?;
            if !any || shutdown.is_cancelled() {
                return Ok(lapsed);
            }
            let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: None };
            let caller = Caller { actor: None, origin };
            let done = self.door.execute(caller, LapsePayRequests, Options::default()).await?.output;
            lapsed += done;
            if done < MOST {
                return Ok(lapsed);
            }
        }
    }
}
