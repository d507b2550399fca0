//! The only writing SQL on `rosters`; [`shifts`](crate::permissions::shifts) reads them.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::rosters as r;
use crate::kernel::Instant;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::permissions::shifts::Roster;

type Sql<T> = Result<T, diesel::result::Error>;

/// Puts a roster in the place of the one before, which stays behind as a closed row.
///
/// # Errors
/// The database's fault.
pub async fn put(
    conn: &mut AsyncPgConnection,
    (shop, who): (ShopId, SubAccountId),
    roster: &Roster,
    (by, now): (&str, Instant),
) -> Sql<usize> {
    let standing = r::table.filter(r::shop_id.eq(shop).and(r::sub_account_id.eq(who)).and(r::valid_to.is_null()));
    diesel::update(standing).set(r::valid_to.eq(now)).execute(conn).await?;
    // Twice within one microsecond: the span of no length becomes the new one.
    diesel::insert_into(r::table)
        .values((
            r::shop_id.eq(shop),
            r::sub_account_id.eq(who),
            r::shifts.eq(roster.numbers()),
            r::set_by.eq(by),
            r::valid_from.eq(now),
        ))
        .on_conflict((r::shop_id, r::sub_account_id, r::valid_from))
        .do_update()
        .set((r::shifts.eq(excluded(r::shifts)), r::set_by.eq(excluded(r::set_by)), r::valid_to.eq(None::<Instant>)))
        .execute(conn)
        .await
}
