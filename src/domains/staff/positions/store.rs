//! The only writing SQL on `positions` and `position_permissions`.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;

use super::model::{Equipped, Given, Position};
use crate::db::RunQueryDsl;
use crate::db::schema::{position_permissions as pp, positions as p};
use crate::kernel::Instant;
use crate::kernel::ids::{PositionId, ShopId};
use crate::permissions::Number;

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds a position with what it gives.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Equipped) -> Sql<()> {
    let position = &new.position;
    diesel::insert_into(p::table)
        .values((
            p::shop_id.eq(position.shop_id),
            p::id.eq(position.id),
            p::kind.eq(position.kind.text()),
            p::name.eq(&position.name),
            p::rank.eq(position.rank),
            p::created_at.eq(position.created_at),
        ))
        .execute(conn)
        .await?;
    give(conn, position, &new.gives, position.created_at).await
}

/// Gives a position more permissions from `now` on.
///
/// # Errors
/// The database's fault.
pub async fn give(conn: &mut AsyncPgConnection, to: &Position, gives: &[Given], now: Instant) -> Sql<()> {
    if gives.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = gives
        .iter()
        .map(|given| {
            (
                pp::shop_id.eq(to.shop_id),
                pp::position_id.eq(to.id),
                pp::permission.eq(i32::from(given.permission)),
                pp::locked.eq(given.locked),
                pp::valid_from.eq(now),
            )
        })
        .collect();
    // Taken and given again within one microsecond: the span of no length is opened again.
    diesel::insert_into(pp::table)
        .values(rows)
        .on_conflict((pp::shop_id, pp::position_id, pp::permission, pp::valid_from))
        .do_update()
        .set((pp::locked.eq(excluded(pp::locked)), pp::valid_to.eq(None::<Instant>)))
        .execute_anew(conn)
        .await?;
    Ok(())
}

/// Takes permissions from a position from `now` on.
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, from: &Position, numbers: &[Number], now: Instant) -> Sql<usize> {
    let numbers: Vec<i32> = numbers.iter().copied().map(i32::from).collect();
    let current = pp::table
        .filter(pp::shop_id.eq(from.shop_id).and(pp::position_id.eq(from.id)).and(pp::valid_to.is_null()))
        .filter(pp::permission.eq_any(numbers).and(pp::locked.eq(false)));
    diesel::update(current).set(pp::valid_to.eq(now)).execute(conn).await
}

/// Renames a position.
///
/// # Errors
/// The database's fault.
pub async fn rename(conn: &mut AsyncPgConnection, position: &Position, name: &str) -> Sql<usize> {
    diesel::update(p::table.find((position.shop_id, position.id))).set(p::name.eq(name)).execute(conn).await
}

/// The shop of a position, if it is one of `shops`: those where the actor has a seat.
///
/// # Errors
/// The database's fault.
pub async fn shop_of(conn: &mut AsyncPgConnection, shops: &[ShopId], id: PositionId) -> Sql<Option<ShopId>> {
    p::table.filter(p::shop_id.eq_any(shops).and(p::id.eq(id))).select(p::shop_id).first(conn).await.optional()
}

/// A position of a shop, with what it gives.
///
/// # Errors
/// The database's fault.
pub async fn find(conn: &mut AsyncPgConnection, shop: ShopId, id: PositionId) -> Sql<Option<Equipped>> {
    Ok(by_ids(conn, &[(shop, id)]).await?.pop())
}

/// Positions by key, with what they give, in one statement.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, keys: &[(ShopId, PositionId)]) -> Sql<Vec<Equipped>> {
    let mut shops: Vec<ShopId> = keys.iter().map(|(shop, _)| *shop).collect();
    shops.sort_unstable();
    shops.dedup();
    let ids: Vec<PositionId> = keys.iter().map(|(_, id)| *id).collect();
    let rows = p::table
        .left_join(pp::table.on(pp::shop_id.eq(p::shop_id).and(pp::position_id.eq(p::id)).and(pp::valid_to.is_null())))
        .filter(p::shop_id.eq_any(shops).and(p::id.eq_any(ids)))
        .order((p::id, pp::permission))
        .select((Position::as_select(), (pp::permission, pp::locked).nullable()))
        .load(conn)
        .await?;
    Ok(gather(rows))
}

/// The positions of a shop, the highest first, 100 at most, with what they give; in one statement.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<Equipped>> {
    let rows = p::table
        .left_join(pp::table.on(pp::shop_id.eq(p::shop_id).and(pp::position_id.eq(p::id)).and(pp::valid_to.is_null())))
        .filter(p::shop_id.eq(shop).and(p::archived_at.is_null()))
        .order((p::rank.desc(), p::id, pp::permission))
        .select((Position::as_select(), (pp::permission, pp::locked).nullable()))
        .load(conn)
        .await?;
    Ok(gather(rows))
}

/// Rows of one position stand together.
fn gather(rows: Vec<(Position, Option<(i32, bool)>)>) -> Vec<Equipped> {
    let mut found: Vec<Equipped> = Vec::new();
    for (position, given) in rows {
        let given = given.and_then(|(n, locked)| Some(Given { permission: Number::try_from(n).ok()?, locked }));
        match found.last_mut().filter(|last| last.position.id == position.id) {
            Some(last) => last.gives.extend(given),
            None => found.push(Equipped { position, gives: given.into_iter().collect() }),
        }
    }
    found
}
