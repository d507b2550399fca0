//! The only writing SQL on `permission_grants`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::model::{Effect, Grant};
use crate::db::RunQueryDsl;
use crate::db::schema::permission_grants as g;
use crate::kernel::Instant;
use crate::kernel::ids::{GrantId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

fn json(grant: &Grant) -> Sql<Value> {
    serde_json::to_value(&grant.constraints).map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

/// Adds a grant. No other of the same permission may stand.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Grant) -> Sql<usize> {
    diesel::insert_into(g::table)
        .values((
            g::shop_id.eq(new.shop_id),
            g::id.eq(new.id),
            g::sub_account_id.eq(new.sub_account_id),
            g::permission.eq(i32::from(new.permission)),
            g::effect.eq(new.effect.text()),
            g::constraints.eq(json(new)?),
            g::granted_by.eq(&new.granted_by),
            g::granted_at.eq(new.granted_at),
            g::revoked_by.eq(&new.revoked_by),
            g::revoked_at.eq(new.revoked_at),
        ))
        .execute(conn)
        .await
}

/// Changes the limits of a grant that stands. It keeps its id, and with it what was used; what it was until now stays
/// behind as a closed row.
///
/// # Errors
/// The database's fault.
pub async fn replace(conn: &mut AsyncPgConnection, old: &Grant, new: &Grant) -> Sql<usize> {
    let past = Grant {
        id: GrantId::generate(),
        revoked_by: Some(new.granted_by.clone()),
        revoked_at: Some(new.granted_at),
        ..old.clone()
    };
    insert(conn, &past).await?;
    diesel::update(g::table.find((old.shop_id, old.id)))
        .set((g::constraints.eq(json(new)?), g::granted_by.eq(&new.granted_by), g::granted_at.eq(new.granted_at)))
        .execute(conn)
        .await
}

/// Ends a grant.
///
/// # Errors
/// The database's fault.
pub async fn revoke(conn: &mut AsyncPgConnection, grant: &Grant, by: &str, now: Instant) -> Sql<usize> {
    diesel::update(g::table.find((grant.shop_id, grant.id)))
        .set((g::revoked_by.eq(by), g::revoked_at.eq(now)))
        .execute(conn)
        .await
}

/// Ends every grant of a sub-account that stands.
///
/// # Errors
/// The database's fault.
pub async fn revoke_all(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    by: &str,
    now: Instant,
) -> Sql<usize> {
    let standing = g::table.filter(g::shop_id.eq(shop).and(g::sub_account_id.eq(id)).and(g::revoked_at.is_null()));
    diesel::update(standing).set((g::revoked_by.eq(by), g::revoked_at.eq(now))).execute(conn).await
}

/// The grants of a sub-account that stand.
///
/// # Errors
/// The database's fault.
pub async fn standing(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Vec<Grant>> {
    standing_of(conn, &[(shop, id)]).await
}

/// The grants of many sub-accounts that stand, in one statement.
///
/// # Errors
/// The database's fault.
pub async fn standing_of(conn: &mut AsyncPgConnection, keys: &[(ShopId, SubAccountId)]) -> Sql<Vec<Grant>> {
    let mut shops: Vec<ShopId> = keys.iter().map(|(shop, _)| *shop).collect();
    shops.sort_unstable();
    shops.dedup();
    let ids: Vec<SubAccountId> = keys.iter().map(|(_, id)| *id).collect();
    g::table
        .filter(g::shop_id.eq_any(shops).and(g::sub_account_id.eq_any(ids)).and(g::revoked_at.is_null()))
        .order((g::shop_id, g::sub_account_id, g::permission))
        .select(Grant::as_select())
        .load(conn)
        .await
}

/// A grant of one of these shops, standing or not. The shops are those where the actor has a seat.
///
/// # Errors
/// The database's fault.
pub async fn find(conn: &mut AsyncPgConnection, shops: &[ShopId], id: GrantId) -> Sql<Option<Grant>> {
    let found = g::table.filter(g::shop_id.eq_any(shops).and(g::id.eq(id)));
    found.select(Grant::as_select()).first(conn).await.optional()
}

/// A new grant that stands from `now` on.
#[must_use]
pub fn new(
    (shop_id, sub_account_id): (ShopId, SubAccountId),
    permission: crate::permissions::Number,
    effect: Effect,
    constraints: crate::permissions::Constraints,
    (granted_by, granted_at): (&str, Instant),
) -> Grant {
    Grant {
        shop_id,
        id: GrantId::generate(),
        sub_account_id,
        permission,
        effect,
        constraints,
        granted_by: granted_by.to_owned(),
        granted_at,
        revoked_by: None,
        revoked_at: None,
    }
}
