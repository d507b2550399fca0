//! The only SQL on `service_tokens`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::ServiceToken;
use crate::db::schema::service_tokens as t;
use crate::db::{Batch, Db, RunQueryDsl};
use crate::domains::accounts::token::TokenHash;
use crate::kernel::ids::{ServiceTokenId, ShopId};
use crate::kernel::{Fault, Instant};
use crate::permissions::ServiceCaller;

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds a token.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, hash: &TokenHash, new: &ServiceToken) -> Sql<usize> {
    diesel::insert_into(t::table)
        .values((
            t::token_hash.eq(hash),
            t::id.eq(new.id),
            t::service.eq(&new.service),
            t::shop_id.eq(new.shop_id),
            t::label.eq(&new.label),
            t::issued_by.eq(&new.issued_by),
            t::issued_at.eq(new.issued_at),
        ))
        .execute(conn)
        .await
}

/// A token by its id, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: ServiceTokenId) -> Sql<Option<ServiceToken>> {
    t::table.filter(t::id.eq(id)).select(ServiceToken::as_select()).for_update().first(conn).await.optional()
}

/// Revokes a token; one that is revoked stays as it is.
///
/// # Errors
/// The database's fault.
pub async fn revoke(conn: &mut AsyncPgConnection, id: ServiceTokenId, by: &str, now: Instant) -> Sql<usize> {
    diesel::update(t::table.filter(t::id.eq(id).and(t::revoked_at.is_null())))
        .set((t::revoked_by.eq(by), t::revoked_at.eq(now)))
        .execute(conn)
        .await
}

/// How many tokens of a service a shop has that stand.
///
/// # Errors
/// The database's fault.
pub async fn standing(conn: &mut AsyncPgConnection, shop: Option<ShopId>, service: &str) -> Sql<i64> {
    let of = t::table.filter(t::shop_id.is_not_distinct_from(shop).and(t::service.eq(service)));
    of.filter(t::revoked_at.is_null()).count().get_result(conn).await
}

/// The tokens of a shop, the newest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<ServiceToken>> {
    let of = t::table.filter(t::shop_id.eq(shop)).order((t::issued_at.desc(), t::id.desc())).limit(100);
    of.select(ServiceToken::as_select()).load(conn).await
}

/// The service behind a token that stands, by the token's hash.
#[derive(Default)]
pub struct CallerByToken;

impl Batch for CallerByToken {
    type Key = [u8; 32];
    type Value = ServiceCaller;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, ServiceCaller>, Fault> {
        let mut conn = db.get().await?;
        let hashes: Vec<&[u8]> = keys.iter().map(<[u8; 32]>::as_slice).collect();
        let rows: Vec<(Vec<u8>, ServiceTokenId, String, Option<ShopId>)> = t::table
            .filter(t::token_hash.eq_any(hashes).and(t::revoked_at.is_null()))
            .select((t::token_hash, t::id, t::service, t::shop_id))
            .load(&mut *conn)
            .await?;
        let keyed = rows.into_iter().filter_map(|(hash, token, service, shop)| {
            Some((hash.as_slice().try_into().ok()?, ServiceCaller { service, shop, token }))
        });
        Ok(keyed.collect())
    }
}
