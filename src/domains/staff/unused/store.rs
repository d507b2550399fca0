//! The SQL that finds grants under which nothing was done. Off the hot path.

use std::collections::HashMap;

use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::db::schema::{
    audit_entries as e, permission_grants as g, position_permissions as pp, positions as p, sub_accounts as s,
};
use crate::kernel::Instant;
use crate::kernel::ids::{GrantId, ShopId, SubAccountId, TypedId};
use crate::permissions::{Number, catalogue};

type Sql<T> = Result<T, diesel::result::Error>;

/// A grant under which nothing was done.
#[derive(Debug, Clone)]
pub struct Unused {
    /// The grant.
    pub grant: GrantId,
    /// Whose.
    pub sub_account: SubAccountId,
    /// The name behind the colon.
    pub name: String,
    /// How high its position stands.
    pub rank: i32,
    /// The permission.
    pub permission: Number,
    /// Since when it is granted.
    pub granted_at: Instant,
    /// When it was last used.
    pub used_at: Option<Instant>,
}

/// Grants that one statement looks at.
const PAGE: i64 = 1_000;

/// Grants of active staff that stand since before a moment and were not used since, the oldest first; `most` at most, of however
/// many there are. Not those of what the position gives: such a grant only narrows it, and without it more could be done, not less.
///
/// # Errors
/// The database's fault.
pub async fn since(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    moment: Instant,
    most: Option<usize>,
) -> Sql<Vec<Unused>> {
    let (mut found, mut after) = (Vec::new(), Some(GrantId::from_uuid(Uuid::nil())));
    while let Some(last) = after.filter(|_| most.is_none_or(|most| found.len() < most)) {
        let page;
        (page, after) = page_since(conn, shop, moment, last).await?;
        found.extend(page);
    }
    found.truncate(most.unwrap_or(usize::MAX));
    Ok(found)
}

/// What was not used of one page of grants behind `after`, and where the next page begins, if there is one.
async fn page_since(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    moment: Instant,
    after: GrantId,
) -> Sql<(Vec<Unused>, Option<GrantId>)> {
    let given = pp::table
        .filter(pp::shop_id.eq(s::shop_id).and(pp::position_id.eq(s::position_id)))
        .filter(pp::permission.eq(g::permission).and(pp::valid_to.is_null()));
    let rows: Vec<(GrantId, SubAccountId, String, i32, i32, Instant)> = g::table
        .inner_join(s::table.on(s::shop_id.eq(g::shop_id).and(s::id.eq(g::sub_account_id))))
        .inner_join(p::table.on(p::shop_id.eq(s::shop_id).and(p::id.eq(s::position_id))))
        .filter(g::shop_id.eq(shop).and(g::revoked_at.is_null()).and(g::effect.eq("ALLOW")))
        .filter(g::granted_at.lt(moment).and(s::state.eq("ACTIVE")).and(g::id.gt(after)))
        .filter(not(exists(given)))
        .order(g::id)
        .limit(PAGE)
        .select((g::id, s::id, s::name, p::rank, g::permission, g::granted_at))
        .load(conn)
        .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|read| read >= PAGE);
    let next = rows.last().map(|(id, ..)| *id).filter(|_| is_full);
    let ids: Vec<String> = rows.iter().map(|(id, ..)| id.to_string()).collect();
    let used: Vec<(Option<String>, Option<Instant>)> = e::table
        .filter(e::chain_id.eq(shop.uuid()).and(e::outcome.eq("DONE")).and(e::grant_id.eq_any(ids)))
        .group_by(e::grant_id)
        .select((e::grant_id, max(e::at)))
        .load(conn)
        .await?;
    let used: HashMap<String, Instant> = used.into_iter().filter_map(|(id, at)| id.zip(at)).collect();
    let read = |(grant, sub_account, name, rank, permission, granted_at): (_, _, _, _, i32, _)| {
        let permission = Number::try_from(permission).ok()?;
        let used_at = used.get(&GrantId::to_string(&grant)).copied();
        let leaves_traces = !catalogue::code(permission).ends_with(".read");
        (leaves_traces && used_at.is_none_or(|at| at < moment)).then_some(Unused {
            grant,
            sub_account,
            name,
            rank,
            permission,
            granted_at,
            used_at,
        })
    };
    Ok((rows.into_iter().filter_map(read).collect(), next))
}

/// Takes grants back that stand; says how many.
///
/// # Errors
/// The database's fault.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    grants: &[GrantId],
    by: &str,
    now: Instant,
) -> Sql<usize> {
    let standing = g::table.filter(g::shop_id.eq(shop).and(g::id.eq_any(grants)).and(g::revoked_at.is_null()));
    diesel::update(standing).set((g::revoked_at.eq(now), g::revoked_by.eq(by))).execute(conn).await
}
