//! Certification: what could not be asked is asked again, reviews are announced and lapse, photos that nobody
//! answers do too, and photos go when they are old.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::domains::certification::work;
use crate::kernel::Fault;

impl Worker {
    /// Works for certification until `shutdown`: questions as often as events are looked for, the rest as often as old rows.
    pub(super) async fn keep_certifying(&self, shutdown: CancellationToken) {
        let mut review_at = tokio::time::Instant::now();
        while self.certifier.is_some() && !shutdown.is_cancelled() {
            let due = tokio::time::Instant::now() >= review_at;
            if due {
                review_at = tokio::time::Instant::now() + Duration::from_secs(self.settings.sweep_interval_s);
            }
            if let Err(fault) = self.certify(due).await {
                tracing::warn!(?fault, "certification could not be worked on");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)) => {}
            }
        }
    }

    /// One round: questions, and with `everything` reviews and photos as well. Says how much there was to do.
    ///
    /// # Errors
    /// The fault of the database or of the photos' store; what was not done is found by the next round.
    pub async fn certify(&self, everything: bool) -> Result<usize, Fault> {
        let Some(certifier) = &self.certifier else { return Ok(0) };
        let mut done = work::ask_again(&self.door, certifier).await?;
        if everything {
            // First, so that a review does not lapse of which the photo did.
            done += work::lapse_photos(&self.door, certifier).await?;
            done += work::review(&self.door).await?;
            done += work::delete_photos(&self.door, certifier).await?;
        }
        Ok(done)
    }
}
