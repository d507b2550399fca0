//! The only SQL on `red_packets` and `red_packet_shares`, with the function `red_packet_take` of `migrations/`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::RedPacket;
use crate::db::paging::page_by;
use crate::db::schema::{red_packet_shares as s, red_packets as p, shops};
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, RedPacketId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::permissions::ReadPermit;

type Sql<T> = Result<T, diesel::result::Error>;

/// The constraint that breaks when a buyer claims a second share.
pub const ONCE: &str = "red_packet_shares_once";

/// The main account of a shop that is open.
///
/// # Errors
/// The database's fault.
pub async fn owner(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Option<AccountId>> {
    let open = shops::table.find(shop).filter(shops::state.eq("OPEN"));
    open.select(shops::main_account_id).first(conn).await.optional()
}

/// Adds a campaign and its shares.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &RedPacket, shares: &[i64]) -> Sql<()> {
    diesel::insert_into(p::table)
        .values((
            p::shop_id.eq(new.shop_id),
            p::id.eq(new.id),
            p::funder_id.eq(new.funder_id),
            p::name.eq(&new.name),
            p::budget_minor.eq(new.budget_minor),
            p::currency.eq(new.currency),
            p::split.eq(&new.split),
            p::shares.eq(new.shares),
            p::starts_at.eq(new.starts_at),
            p::ends_at.eq(new.ends_at),
            p::state.eq(&new.state),
            p::sent_by.eq(&new.sent_by),
            p::sent_at.eq(new.sent_at),
        ))
        .execute(conn)
        .await?;
    let rows: Vec<_> = (1..)
        .zip(shares)
        .map(|(number, minor): (i32, _)| (s::packet_id.eq(new.id), s::number.eq(number), s::amount_minor.eq(*minor)))
        .collect();
    diesel::insert_into(s::table).values(rows).execute_anew(conn).await?;
    Ok(())
}

/// A campaign, whoever may see it.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, id: RedPacketId) -> Sql<Option<RedPacket>> {
    p::table.filter(p::id.eq(id)).select(RedPacket::as_select()).first(conn).await.optional()
}

const TAKE: &str = "SELECT place, minor FROM red_packet_take($1, $2, $3)";

/// A share that was taken.
#[derive(Debug, QueryableByName)]
pub struct Taken {
    /// Its number.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub place: i32,
    /// What it is worth, in minor units.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub minor: i64,
}

/// Takes the next share of a campaign for a buyer, if there is one and it is time.
///
/// # Errors
/// The database's fault; [`ONCE`] when the buyer has one.
pub async fn take(conn: &mut AsyncPgConnection, id: RedPacketId, buyer: AccountId, now: Instant) -> Sql<Option<Taken>> {
    diesel::sql_query(TAKE)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(buyer)
        .bind::<Timestamptz, _>(now)
        .get_result(conn)
        .await
        .optional()
}

/// Whether a buyer has a share.
///
/// # Errors
/// The database's fault.
pub async fn has_one(conn: &mut AsyncPgConnection, id: RedPacketId, buyer: AccountId) -> Sql<bool> {
    let one = s::table.filter(s::packet_id.eq(id).and(s::buyer_id.eq(buyer)));
    diesel::select(diesel::dsl::exists(one)).get_result(conn).await
}

/// The campaigns of a shop whose window is not over, the next to end first, each with what an account has of it; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn open(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    buyer: Option<AccountId>,
    now: Instant,
) -> Sql<Vec<(RedPacket, Option<i64>)>> {
    let open = p::table.filter(p::shop_id.eq(shop).and(p::state.eq("OPEN")).and(p::ends_at.gt(now)));
    let packets: Vec<RedPacket> =
        open.order((p::ends_at, p::id)).limit(100).select(RedPacket::as_select()).load(conn).await?;
    let ids: Vec<RedPacketId> = packets.iter().map(|packet| packet.id).collect();
    let own: HashMap<RedPacketId, i64> = match buyer {
        Some(buyer) => {
            let shares = s::table.filter(s::packet_id.eq_any(&ids).and(s::buyer_id.eq(buyer)));
            let shares: Vec<(RedPacketId, i64)> = shares.select((s::packet_id, s::amount_minor)).load(conn).await?;
            shares.into_iter().collect()
        }
        None => HashMap::new(),
    };
    let with_own = |packet: RedPacket| {
        let share = own.get(&packet.id).copied();
        (packet, share)
    };
    Ok(packets.into_iter().map(with_own).collect())
}

/// Campaigns whose window is over and that are still open; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn due(conn: &mut AsyncPgConnection, now: Instant) -> Sql<Vec<RedPacketId>> {
    p::table
        .filter(p::state.eq(fixed("OPEN")).and(p::ends_at.le(now)))
        .order(p::ends_at)
        .limit(100)
        .select(p::id)
        .load(conn)
        .await
}

/// Ends a campaign whose window is over; gives it as it is now.
///
/// # Errors
/// The database's fault.
pub async fn end(conn: &mut AsyncPgConnection, id: RedPacketId, now: Instant) -> Sql<Option<RedPacket>> {
    diesel::update(p::table.filter(p::id.eq(id).and(p::state.eq("OPEN")).and(p::ends_at.le(now))))
        .set(p::state.eq("ENDED"))
        .returning(RedPacket::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// A page of the campaigns of a shop, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(conn: &mut AsyncPgConnection, permit: ReadPermit, page: &Page<RedPacketId>) -> Sql<Slice<RedPacket>> {
    let query = p::table.filter(p::shop_id.eq(permit.shop)).select(RedPacket::as_select()).into_boxed();
    page_by!(conn, query, p::id, newest_first, page)
}
