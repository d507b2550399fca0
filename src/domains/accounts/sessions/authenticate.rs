//! From a token to an actor.

use chrono_tz::Tz;

use super::super::token::TokenHash;
use super::store::{SeatRow, SeatsOfAccount, SessionByToken, SessionRow};
use crate::db::Db;
use crate::kernel::ids::AccountId;
use crate::kernel::{Currency, Fault, Instant, Subject};
use crate::permissions::bits::Bits;
use crate::permissions::{Actor, Seat, Sets, store as permissions};

/// The actor of a token, or `None` when its session is unknown, ended or expired, or its account is disabled. Reads the
/// shops' permission epochs with it, so a permission that was revoked before this call is gone (requirement 5.5).
///
/// # Errors
/// The database's fault.
pub async fn authenticate(db: &Db, sets: &Sets, token: &TokenHash, now: Instant) -> Result<Option<Actor>, Fault> {
    let Ok(key) = token.as_slice().try_into() else { return Ok(None) };
    let Some(row) = db.one::<SessionByToken>(key).await?.filter(|row| now < row.expires_at) else { return Ok(None) };
    let actor = |subject, login, seats, platform| Actor {
        session: row.session_id,
        subject,
        login,
        client: row.client.clone(),
        stepped_up_at: row.stepped_up_at,
        seats,
        platform,
        arbiter: sets.bench.current(),
    };
    if let Some(account) = row.account_id {
        let seats = seats_of(db, sets, account).await?;
        let platform = match row.kind.as_str() {
            "OPERATOR" => permissions::platform_permissions(&mut *db.get().await?, account).await?,
            _ => Bits::default(),
        };
        return Ok(Some(actor(Subject::Account { id: account }, row.login.clone(), seats, platform)));
    }
    let seat = own_seat(&row).ok_or_else(|| Fault::internal("a session that is nobody's"))?;
    let (shop, name) = (seat.shop_id, seat.seat_name.clone());
    let id = seat.sub_account_id.ok_or_else(|| Fault::internal("a session that is nobody's"))?;
    let seats = vec![seat_of(db, sets, seat).await?];
    Ok(Some(actor(Subject::SubAccount { shop, id }, name, seats, Bits::default())))
}

async fn seats_of(db: &Db, sets: &Sets, account: AccountId) -> Result<Vec<Seat>, Fault> {
    let Some(rows) = db.one::<SeatsOfAccount>(account).await? else { return Ok(Vec::new()) };
    let mut seats = Vec::with_capacity(rows.len());
    for row in &*rows {
        seats.push(seat_of(db, sets, row.clone()).await?);
    }
    Ok(seats)
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
        epoch: row.epoch?,
    })
}

async fn seat_of(db: &Db, sets: &Sets, row: SeatRow) -> Result<Seat, Fault> {
    Ok(Seat {
        shop: row.shop_id,
        sub_account: row.sub_account_id,
        name: row.seat_name,
        rank: row.seat_rank,
        zone: row.shop_time_zone.parse::<Tz>().unwrap_or(Tz::UTC),
        currency: row.shop_currency.parse().unwrap_or(Currency::CNY),
        set: sets.of_seat(db, row.shop_id, row.sub_account_id, row.epoch).await?,
    })
}
