//! Trying a code of the authenticator, or a recovery code. The account is locked by whoever calls, so that of many tries at once
//! each sees those before.

use serde_json::json;

use super::model::{self, RECOVERY, SEALED_FOR};
use super::store;
use crate::command::{Event, Tx};
use crate::domains::accounts::codes::CodeFailure;
use crate::domains::accounts::sessions::login_throttle::for_names;
use crate::domains::accounts::throttle;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, TypedId};
use crate::providers::keys::KeyedHash;
use crate::telemetry::Secret;

/// Tries a code of an authenticator that counts: each is good once. The caller commits in either case.
///
/// # Errors
/// The database's fault, or ours when the secret cannot be opened.
pub async fn check<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    code: &Secret<String>,
) -> Result<Result<(), CodeFailure>, Fault<E>> {
    match store::active(tx.conn, account).await? {
        Some(factor) => compare(tx, account, &factor, code).await,
        None => Ok(Err(CodeFailure::NotShown)),
    }
}

/// Tries a code of an authenticator, whether it counts or is being set up.
///
/// # Errors
/// As [`check`].
pub(super) async fn compare<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    factor: &store::Factor,
    code: &Secret<String>,
) -> Result<Result<(), CodeFailure>, Fault<E>> {
    let key = match admitted(tx, account).await? {
        Ok(key) => key,
        Err(later) => return Ok(Err(later)),
    };
    let secret = tx.env.keys.open(SEALED_FOR, &factor.secret).map_err(Fault::internal)?;
    let totp = model::generator(&secret).map_err(Fault::internal)?;
    if let Some(step) = model::step_of(&totp, code.expose(), tx.now)
        && store::take_step(tx.conn, account, step).await?
    {
        throttle::clear(tx.conn, &key).await?;
        return Ok(Ok(()));
    }
    throttle::failed(tx.conn, &key, tx.now, for_names(&tx.env.auth)).await?;
    Ok(Err(CodeFailure::NotShown))
}

/// Tries a recovery code and uses it up. The caller commits in either case.
///
/// # Errors
/// The database's fault.
pub async fn use_recovery<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    code: &Secret<String>,
) -> Result<Result<(), CodeFailure>, Fault<E>> {
    let key = match admitted(tx, account).await? {
        Ok(key) => key,
        Err(later) => return Ok(Err(later)),
    };
    if let Some(code) = model::plain_code(code.expose())
        && store::use_code(tx.conn, account, &hash(tx, account, &code), tx.now).await?
    {
        throttle::clear(tx.conn, &key).await?;
        tx.emit(Event { topic: "security.recovery_code_used", shop: None, payload: json!({ "account": account }) });
        return Ok(Ok(()));
    }
    throttle::failed(tx.conn, &key, tx.now, for_names(&tx.env.auth)).await?;
    Ok(Err(CodeFailure::NoRecoveryCode))
}

/// The hash that a recovery code is kept as.
pub(super) fn hash(tx: &Tx<'_>, account: AccountId, plain: &str) -> KeyedHash {
    tx.env.keys.hash(RECOVERY, &[account.uuid().as_bytes(), plain.as_bytes()])
}

/// What tries of an account are counted by, or when the next one may be made.
async fn admitted<E>(tx: &mut Tx<'_>, account: AccountId) -> Result<Result<KeyedHash, CodeFailure>, Fault<E>> {
    let key = tx.env.keys.hash("totp.tries", &[account.uuid().as_bytes()]);
    let blocked = throttle::blocked_until(tx.conn, &[key], tx.now, for_names(&tx.env.auth)).await?;
    Ok(blocked.map_or(Ok(key), |again_at| Err(CodeFailure::Later { again_at })))
}
