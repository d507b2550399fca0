//! Forgetting: cards that their owners have removed are removed from the vault as well, however often that must be tried.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::pay::later;
use crate::domains::payments::methods::model::TOKEN;
use crate::domains::payments::methods::ops::forget::ForgetCard;
use crate::domains::payments::methods::removals::{self, Removal};
use crate::domains::payments::methods::{Vault, store};
use crate::kernel::Fault;
use crate::kernel::ids::TypedId as _;
use crate::providers::cards::VaultError;
use crate::telemetry::Secret;

/// Cards of one round.
const AT_ONCE: i64 = 20;
/// How long a round may take; after that somebody else may try.
const LEASE: TimeDelta = TimeDelta::minutes(10);

impl Worker {
    /// Has the vault forget the cards that are due, until none is or `shutdown`; says how many it forgot.
    ///
    /// # Errors
    /// The database's fault; what was not done is due again when the lease ends.
    pub async fn forget_cards(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let mut forgotten = 0;
        loop {
            let now = self.door.clock.now();
            let due = removals::take(&mut *self.door.db.get().await?, now, now + LEASE, AT_ONCE).await?;
            let nothing = due.is_empty();
            for removal in due {
                forgotten += u64::from(self.forget(removal).await?);
            }
            if nothing || shutdown.is_cancelled() {
                return Ok(forgotten);
            }
        }
    }

    /// Has the vault forget one card. Holds no connection while it asks.
    async fn forget(&self, removal: Removal) -> Result<bool, Fault> {
        let keys = &self.door.env.keys;
        let token = keys.open_text(TOKEN, &removal.token).map_err(Fault::internal)?;
        let others = store::tokens(&mut *self.door.db.get().await?, removal.account_id).await?;
        // Who adds a card twice has two methods and one token: it is forgotten with the last of them.
        let kept = others.iter().any(|(_, other)| keys.open_text(TOKEN, other).is_ok_and(|other| other == token));
        if !kept {
            let Vault(vault) = self.door.env.parts.get()?;
            let key = removal.method_id.uuid().to_string();
            if let Err(error) = vault.remove(&key, &Secret::new(token)).await {
                // Without a vault there is one again, or somebody has to look.
                let wait = (error == VaultError::NotConfigured).then_some(Duration::from_secs(3_600));
                tracing::warn!(method = %removal.method_id, tries = removal.tries, ?error, "a card is removed from the vault later");
                let at = later(self.door.clock.now(), wait, removal.tries);
                removals::again(&mut *self.door.db.get().await?, &removal, at).await?;
                return Ok(false);
            }
        }
        self.settle(ForgetCard { account: removal.account_id, method: removal.method_id, kept }).await
    }
}
