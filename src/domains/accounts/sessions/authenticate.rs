//! From a token to an actor.

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;

use super::super::token::TokenHash;
use super::store::{self, ActorRow};
use crate::kernel::{Currency, Fault, Instant, Subject};
use crate::permissions::bits::Bits;
use crate::permissions::permit::set_of;
use crate::permissions::{Actor, Seat, Sets, store as permissions};

/// The actor of a token, or `None` when its session is unknown, ended or expired, or its account is disabled. Reads the
/// shop's permission epochs with it, so a permission that was revoked before this call is gone (requirement 5.5).
///
/// # Errors
/// The database's fault.
pub async fn authenticate(
    conn: &mut AsyncPgConnection,
    sets: &Sets,
    token: &TokenHash,
    now: Instant,
) -> Result<Option<Actor>, Fault> {
    let rows = store::actor_rows(conn, token).await?;
    let Some(first) = rows.first().filter(|row| now < row.expires_at) else { return Ok(None) };
    let mut actor = Actor {
        session: first.session_id,
        subject: subject(first)?,
        login: first.login.clone(),
        client: first.client.clone(),
        stepped_up_at: first.stepped_up_at,
        seats: Vec::with_capacity(rows.len()),
        platform: Bits::default(),
    };
    if let (Some(account), "OPERATOR") = (first.account_id, first.kind.as_str()) {
        actor.platform = permissions::platform_permissions(conn, account).await?;
    }
    for row in rows {
        if let Some(seat) = seat(conn, sets, row).await? {
            actor.seats.push(seat);
        }
    }
    Ok(Some(actor))
}

fn subject(row: &ActorRow) -> Result<Subject, Fault> {
    match (row.account_id, row.shop_id, row.sub_account_id) {
        (Some(id), ..) => Ok(Subject::Account { id }),
        (None, Some(shop), Some(id)) => Ok(Subject::SubAccount { shop, id }),
        _ => Err(Fault::internal("a session that is nobody's")),
    }
}

async fn seat(conn: &mut AsyncPgConnection, sets: &Sets, row: ActorRow) -> Result<Option<Seat>, Fault> {
    let (Some(shop), Some(epoch)) = (row.shop_id, row.epoch) else { return Ok(None) };
    let zone = row.shop_time_zone.as_deref().and_then(|z| z.parse::<Tz>().ok()).unwrap_or(Tz::UTC);
    let currency = row.shop_currency.as_deref().and_then(|c| c.parse().ok()).unwrap_or(Currency::CNY);
    Ok(Some(Seat {
        shop,
        sub_account: row.sub_account_id,
        name: row.seat_name.unwrap_or_default(),
        rank: row.seat_rank.unwrap_or_default(),
        zone,
        currency,
        set: set_of(conn, sets, shop, row.sub_account_id, epoch).await?,
    }))
}
