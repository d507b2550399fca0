//! The only SQL on `decorations`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use crate::db::RunQueryDsl;
use crate::db::schema::decorations as d;
use crate::kernel::Instant;
use crate::kernel::ids::ShopId;

type Sql<T> = Result<T, diesel::result::Error>;

/// A version of the document.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = d)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Decoration {
    /// The version, from 1.
    pub version: i32,
    /// The document.
    pub document: Value,
    /// Who made it, by name.
    pub changed_by: String,
    /// When.
    pub changed_at: Instant,
}

/// A version, or the newest.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, shop: ShopId, version: Option<i32>) -> Sql<Option<Decoration>> {
    let mut all = d::table.filter(d::shop_id.eq(shop)).select(Decoration::as_select()).into_boxed();
    if let Some(version) = version {
        all = all.filter(d::version.eq(version));
    }
    all.order(d::version.desc()).first(conn).await.optional()
}

/// The newest versions without their documents' text, at most 100.
///
/// # Errors
/// The database's fault.
pub async fn history(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<(i32, String, Instant)>> {
    let all = d::table.filter(d::shop_id.eq(shop)).order(d::version.desc()).limit(100);
    all.select((d::version, d::changed_by, d::changed_at)).load(conn).await
}

/// Adds a version; says whether nobody else was faster.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, shop: ShopId, new: &Decoration) -> Sql<bool> {
    let added = diesel::insert_into(d::table)
        .values((
            d::shop_id.eq(shop),
            d::version.eq(new.version),
            d::document.eq(&new.document),
            d::changed_by.eq(&new.changed_by),
            d::changed_at.eq(new.changed_at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}
