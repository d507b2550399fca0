//! Certification: what could not be asked is asked again, reviews are announced and lapse, photos that nobody
//! answers do too, and photos go when they are old.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::domains::certification::reviews::ops::announce::AnnounceReview;
use crate::domains::certification::reviews::ops::lapse::LapseReview;
use crate::domains::certification::verifications::ops::lapse::LapseVerification;
use crate::domains::certification::{Certifier, identity, person, reviews, verifications};
use crate::kernel::Fault;

/// Questions of one round.
const QUESTIONS: i64 = 20;
/// Sessions of one round whose photos are deleted.
const PHOTOS: i64 = 100;

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
        let mut done = self.ask_again(certifier).await?;
        if everything {
            // First, so that a review does not lapse of which the photo did.
            done += self.lapse_photos(certifier).await?;
            done += self.review().await?;
            done += self.delete_photos(certifier).await?;
        }
        Ok(done)
    }

    /// Asks what could not be asked before. Says how many questions there were.
    async fn ask_again(&self, certifier: &Certifier) -> Result<usize, Fault> {
        let due = {
            let mut conn = self.door.db.get().await?;
            verifications::store::due(&mut conn, self.door.clock.now(), QUESTIONS).await?
        };
        for (owner, id) in &due {
            verifications::ask(&self.door, certifier, *owner, *id).await?;
        }
        Ok(due.len())
    }

    /// Announces the reviews that are due and closes those that have lapsed, a batch of each. Says how many there were.
    async fn review(&self) -> Result<usize, Fault> {
        let (now, most) = (self.door.clock.now(), i64::from(self.door.env.certification.review_batch));
        let (due, lapsed) = {
            let mut conn = self.door.db.get().await?;
            (identity::store::due(&mut conn, now, most).await?, reviews::store::lapsed(&mut conn, now, most).await?)
        };
        let mut done = 0;
        for account in due {
            done += usize::from(self.settle(AnnounceReview { account }).await?);
        }
        for account in lapsed {
            done += usize::from(self.settle(LapseReview { account }).await?);
        }
        Ok(done)
    }

    /// Closes questions about photos that nobody answered in time, a batch. Says how many there were.
    async fn lapse_photos(&self, certifier: &Certifier) -> Result<usize, Fault> {
        let days = self.door.env.certification.undecided_photos_days;
        let before = self.door.clock.now() - TimeDelta::days(i64::from(days));
        let old = {
            let mut conn = self.door.db.get().await?;
            verifications::store::unanswered_photos(&mut conn, before, PHOTOS).await?
        };
        let mut done = 0;
        for (owner, verification) in old {
            let lapse = LapseVerification { owner, verification, staff: certifier.staff };
            done += usize::from(self.settle(lapse).await?);
        }
        Ok(done)
    }

    /// Deletes photos that were kept long enough after their answer. Says of how many sessions. What was deleted before a fault stays deleted.
    async fn delete_photos(&self, certifier: &Certifier) -> Result<usize, Fault> {
        let now = self.door.clock.now();
        let before = now - TimeDelta::days(i64::from(self.door.env.certification.keep_photos_days));
        let old = {
            let mut conn = self.door.db.get().await?;
            person::store::with_old_photos(&mut conn, before, PHOTOS).await?
        };
        for (owner, session) in &old {
            certifier.photos.delete_below(&person::model::folder(*session)).await?;
            person::store::photos_deleted(&mut *self.door.db.get().await?, (*owner, *session), now).await?;
        }
        Ok(old.len())
    }
}
