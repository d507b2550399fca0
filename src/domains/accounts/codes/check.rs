//! Trying a code.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;

use super::issue::{CODE, TARGET};
use super::model::{CodeFailure, Purpose};
use super::store;
use crate::command::{Tx, messages};
use crate::domains::accounts::contacts::model::Address;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::providers::Keys;
use crate::providers::messages::Channel;

/// The longest text that is compared.
const LONGEST: usize = 160;
/// How far the clocks of two processes may be apart.
const CLOCKS: TimeDelta = TimeDelta::minutes(1);

/// Which of some addresses the code that counts now was sent to.
///
/// # Errors
/// The database's fault.
pub async fn sent_to<'a>(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    purpose: Purpose,
    among: &'a [Address],
) -> Result<Option<&'a Address>, diesel::result::Error> {
    let Some(channel) = among.first().map(|address| address.kind.channel()) else { return Ok(None) };
    let kept = store::get(conn, account, &purpose.key(channel)).await?;
    Ok(kept.and_then(|kept| among.iter().find(|a| keys.matches(TARGET, &[a.expose().as_bytes()], &kept.target_key))))
}

/// Tries a code: counts the try, compares, and uses the code up when it is right. The caller commits in either case.
///
/// # Errors
/// The database's fault.
pub async fn check<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    purpose: Purpose,
    channel: Channel,
    to: &str,
    code: &str,
) -> Result<Result<(), CodeFailure>, Fault<E>> {
    let (key, now) = (purpose.key(channel), tx.now);
    let most = i32::try_from(tx.env.codes.max_tries).unwrap_or(i32::MAX);
    let lives = TimeDelta::minutes(i64::from(tx.env.codes.lives_min));
    let tried = store::try_one(tx.conn, account, &key, now, most, now - lives, now + CLOCKS).await?;
    let Some(kept) = tried else {
        return Ok(Err(match store::get(tx.conn, account, &key).await? {
            None => CodeFailure::NotAsked,
            Some(kept) if kept.used_at.is_some() => CodeFailure::NotAsked,
            Some(kept) if kept.tries >= most => CodeFailure::TriesUsedUp,
            Some(_) => CodeFailure::Expired,
        }));
    };
    let code = code.trim();
    let keys = &tx.env.keys;
    let right = code.len() <= LONGEST
        && keys.matches(CODE, &[kept.id.to_string().as_bytes(), code.as_bytes()], &kept.code_hash)
        && keys.matches(TARGET, &[to.as_bytes()], &kept.target_key);
    if right && store::use_up(tx.conn, account, &key, kept.id, now).await? {
        return Ok(Ok(()));
    }
    let state = messages::state(tx.conn, account, kept.message_id).await?;
    if state.is_some_and(|(state, _)| state == "FAILED") {
        return Ok(Err(CodeFailure::NotSent));
    }
    Ok(Err(CodeFailure::Wrong { left: (most - kept.tries).max(0) }))
}
