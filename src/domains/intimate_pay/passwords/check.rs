//! Comparing: count, compare outside of every transaction, settle.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::TimeDelta;
use tokio::sync::OnceCell;

use super::model::{PasswordFailure, Verified};
use super::ops::wrong::WrongPaymentPassword;
use super::store;
use crate::command::{Caller, Door, Options, Tx};
use crate::domains::accounts::password;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::providers::keys::KeyedHash;
use crate::telemetry::Secret;

type Compared = Result<Verified, PasswordFailure>;
type Flight = Arc<OnceCell<Compared>>;

/// What is being compared in this process, by account and the keyed hash of what was given.
static FLIGHTS: LazyLock<Mutex<HashMap<(AccountId, KeyedHash), Flight>>> = LazyLock::new(Mutex::default);

/// Compares an account's payment password (requirement 0.6). Equal tries that are under way together are one try.
///
/// # Errors
/// [`Fault::Busy`] when too many wait for their comparison; the database's fault.
pub async fn check(
    door: &Arc<Door>,
    caller: &Caller,
    account: AccountId,
    secret: &Secret<String>,
) -> Result<Compared, Fault> {
    let key = (account, door.env.keys.hash("payment_password.flight", &[secret.expose().as_bytes()]));
    let flights = || FLIGHTS.lock().unwrap_or_else(PoisonError::into_inner);
    let flight = Arc::clone(flights().entry(key).or_default());
    // In a tracked task: a client that goes away after its try was counted must not leave it uncompared, or honest ones would
    // be locked out by a bad line (h13).
    let comparing = || async {
        let (of, caller, secret) = (Arc::clone(door), caller.clone(), secret.clone());
        let task = door.tasks.spawn(async move { compare(&of, &caller, account, &secret).await });
        match task.await {
            Ok(compared) => compared,
            Err(stopped) => Err(Fault::internal(stopped)),
        }
    };
    let compared = flight.get_or_try_init(comparing).await.copied();
    // Whoever comes from now on is another try.
    let mut flights = flights();
    if flights.get(&key).is_some_and(|known| Arc::ptr_eq(known, &flight)) {
        flights.remove(&key);
    }
    compared
}

async fn compare(
    door: &Arc<Door>,
    caller: &Caller,
    account: AccountId,
    secret: &Secret<String>,
) -> Result<Compared, Fault> {
    let (now, settings) = (door.clock.now(), &door.env.intimate_pay);
    let most = settings.password_tries;
    let counted = {
        let mut conn = door.db.get().await?;
        let locks_until = now + TimeDelta::minutes(i64::from(settings.password_lock_min));
        let counted = store::try_one(&mut conn, account, now, locks_until, i32::try_from(most).unwrap_or(i32::MAX));
        match counted.await? {
            Some(counted) => counted,
            None => {
                store::shorten(&mut conn, account, locks_until).await?;
                let standing = store::standing(&mut conn, &[account]).await?;
                let until = standing.first().and_then(|standing| standing.locked_until(now, locks_until, most));
                return Ok(Err(match (standing.is_empty(), until) {
                    (true, _) => PasswordFailure::NotSet,
                    (false, Some(until)) => PasswordFailure::Locked { until },
                    (false, None) => PasswordFailure::Changed,
                }));
            }
        }
    };
    let right = match password::verify(secret.expose().clone(), Some(counted.hash)).await {
        Ok(right) => right,
        Err(fault) => {
            store::take_back(&mut *door.db.get().await?, account).await?;
            return Err(fault);
        }
    };
    if right {
        store::was_right(&mut *door.db.get().await?, account, counted.set_at).await?;
        return Ok(Ok(Verified { account, set_at: counted.set_at }));
    }
    let left = most.saturating_sub(u32::try_from(counted.tries).unwrap_or(most));
    let locked_until = (left == 0).then_some(counted.window_ends_at);
    let command = WrongPaymentPassword { account, left, locked_until };
    door.execute(caller.clone(), command, Options::default()).await?;
    Ok(Err(locked_until.map_or(PasswordFailure::Wrong { left }, |until| PasswordFailure::Locked { until })))
}

/// Whether what was compared before the transaction still confirms in it: the same password, of the account that acts.
///
/// # Errors
/// [`PasswordFailure::Changed`] as the refusal; the database's fault.
pub async fn confirm(tx: &mut Tx<'_>, verified: &Verified) -> Result<(), Fault<PasswordFailure>> {
    if store::stands(tx.conn, verified).await? { Ok(()) } else { Err(Fault::Refused(PasswordFailure::Changed)) }
}
