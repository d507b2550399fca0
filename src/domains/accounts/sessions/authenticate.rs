//! From a token to an actor.
//!
//! An actor is kept in the process, and never believed without a question: every request reads what its session stands by
//! ([`StandingOfToken`], one read by keys, shared by requests that arrive together), and only an actor that was made of
//! exactly that is used. Everything that an actor is made of moves the version that it stands by, in the transaction that
//! changes it; the triggers of `migrations/00000000000030_actor_versions` hold this, whoever writes. So what was taken away
//! before a request began is gone in it, on every replica (requirement 5.5, h16, h20).
//!
//! | an actor is made of | and stands by |
//! |---|---|
//! | the session: open, not expired, step-up | its row |
//! | a sub-account: name, state, position, grants; its shop and main account | the shop's permission epoch |
//! | an account: log-in name, kind, state, restriction, platform permissions, which shops it owns and manages | the account's version |
//! | each seat of an account, and the log-in policy that a manager's stands under | that shop's permission epoch |

use std::sync::Arc;

use chrono_tz::Tz;
use futures_util::future::try_join_all;

use super::super::token::TokenHash;
use super::store::{EpochOfShop, SeatRow, SeatsOfAccount, SessionByToken, SessionRow, Standing, StandingOfToken};
use crate::db::Db;
use crate::kernel::ids::{AccountId, ShopId};
use crate::kernel::{Currency, Fault, Instant, Subject};
use crate::permissions::actors::{Key, Known};
use crate::permissions::bits::Bits;
use crate::permissions::login::Opened;
use crate::permissions::{Actor, Seat, Sets, store as permissions};

/// The actor of a token, or `None` when its session is unknown, ended or expired, or its account is disabled. A permission
/// that was revoked before this call is gone (requirement 5.5).
///
/// # Errors
/// The database's fault.
pub async fn authenticate(db: &Db, sets: &Sets, token: &TokenHash, now: Instant) -> Result<Option<Arc<Actor>>, Fault> {
    let Ok(key) = token.as_slice().try_into() else { return Ok(None) };
    if let Some(known) = sets.actors.get(&key) {
        let Some(standing) = db.one::<StandingOfToken>(key).await? else {
            sets.actors.forget(&key);
            return Ok(None);
        };
        if stands(db, sets, &known, &standing).await? {
            return Ok((now < standing.expires_at).then(|| Arc::clone(&known.actor)));
        }
    }
    look_up(db, sets, key, now).await
}

/// Whether an actor was made of what its session stands by.
async fn stands(db: &Db, sets: &Sets, known: &Known, standing: &Standing) -> Result<bool, Fault> {
    let same_plugins = known.actor.arbiter.generation() == sets.bench.current().generation();
    if !same_plugins || standing.version != known.version || standing.stepped_up_at != known.actor.stepped_up_at {
        return Ok(false);
    }
    if known.seats.is_empty() {
        return Ok(true);
    }
    let epochs = try_join_all(known.seats.iter().map(|(shop, _)| db.one::<EpochOfShop>(*shop))).await?;
    Ok(epochs.iter().zip(&known.seats).all(|(now, (_, then))| *now == Some(*then)))
}

/// Makes the actor anew and keeps it. Versions are read before or with what they stand for: what is kept is at least as new
/// as they say.
async fn look_up(db: &Db, sets: &Sets, key: Key, now: Instant) -> Result<Option<Arc<Actor>>, Fault> {
    let arbiter = sets.bench.current();
    let Some(row) = db.one::<SessionByToken>(key).await?.filter(|row| now < row.expires_at) else { return Ok(None) };
    let (subject, login, rows, platform) = match row.account_id {
        Some(account) => {
            let rows = db.one::<SeatsOfAccount>(account).await?;
            let rows = rows.map(|rows| rows.to_vec()).unwrap_or_default();
            (Subject::Account { id: account }, row.login.clone(), rows, platform_of(db, &row, account).await?)
        }
        None => {
            let seat = own_seat(&row).ok_or_else(|| Fault::internal("a session that is nobody's"))?;
            let id = seat.sub_account_id.ok_or_else(|| Fault::internal("a session that is nobody's"))?;
            (Subject::SubAccount { shop: seat.shop_id, id }, seat.seat_name.clone(), vec![seat], Bits::default())
        }
    };
    let stands_by: Vec<(ShopId, i64)> = match subject {
        Subject::Account { .. } => rows.iter().map(|seat| (seat.shop_id, seat.epoch)).collect(),
        // Its session stands by the epoch of its one shop already.
        Subject::SubAccount { .. } => Vec::new(),
    };
    let opened = row.account_id.map(|_| Arc::new(Opened { client: row.client.clone(), method: row.method.clone() }));
    let mut seats = Vec::with_capacity(rows.len());
    for seat in rows {
        seats.push(seat_of(db, sets, seat, opened.as_ref()).await?);
    }
    let actor = Arc::new(Actor {
        session: row.session_id,
        subject,
        login,
        client: row.client.clone(),
        stepped_up_at: row.stepped_up_at,
        restricted: row.restricted,
        seats,
        platform,
        arbiter,
    });
    sets.actors.keep(key, Known { actor: Arc::clone(&actor), version: row.version, seats: stands_by });
    // Whoever brings a generation into use makes all actors be forgotten after it. One that was made meanwhile comes too late
    // for that, and would keep the processes of the old one running.
    if sets.bench.current().generation() != actor.arbiter.generation() {
        sets.actors.forget(&key);
    }
    Ok(Some(actor))
}

async fn platform_of(db: &Db, row: &SessionRow, account: AccountId) -> Result<Bits, Fault> {
    match row.kind.as_str() {
        "OPERATOR" => Ok(permissions::platform_permissions(&mut *db.get().await?, account).await?),
        _ => Ok(Bits::default()),
    }
}

/// The one seat of a sub-account that is logged in.
fn own_seat(row: &SessionRow) -> Option<SeatRow> {
    Some(SeatRow {
        shop_id: row.shop_id?,
        sub_account_id: Some(row.sub_account_id?),
        seat_name: format!("{}:{}", row.login, row.sub_account_name.as_deref()?),
        seat_rank: row.seat_rank?,
        shop_time_zone: row.shop_time_zone.clone()?,
        shop_currency: row.shop_currency.clone()?,
        epoch: row.version,
    })
}

/// A seat, with how the session was opened if it is an account's: a manager's seat is held to the shop's log-in policy.
async fn seat_of(db: &Db, sets: &Sets, row: SeatRow, opened: Option<&Arc<Opened>>) -> Result<Seat, Fault> {
    Ok(Seat {
        shop: row.shop_id,
        sub_account: row.sub_account_id,
        name: row.seat_name,
        rank: row.seat_rank,
        zone: row.shop_time_zone.parse::<Tz>().unwrap_or(Tz::UTC),
        currency: row.shop_currency.parse().unwrap_or(Currency::CNY),
        set: sets.of_seat(db, row.shop_id, row.sub_account_id, row.epoch).await?,
        opened: opened.filter(|_| row.sub_account_id.is_some()).map(Arc::clone),
    })
}
