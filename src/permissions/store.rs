//! The only SQL on epochs, position permissions, assignments and grants.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::bits::Bits;
use super::catalogue::Number;
use super::constraints::Constraints;
use super::login::Policy;
use super::shifts;
use crate::db::RunQueryDsl;
use crate::db::schema::{
    permission_epochs as e, permission_grants as g, platform_grants as pg, position_assignments as a,
    position_permissions as pp,
};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, GrantId, PositionId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A permission that a position gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionPermission {
    /// The permission.
    pub permission: Number,
    /// Locked ones are shown and held, and cannot be taken away (requirement 4.2).
    pub locked: bool,
}

/// A personal grant that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantRow {
    /// The grant.
    pub id: GrantId,
    /// The permission.
    pub permission: Number,
    /// ALLOW or DENY.
    pub allows: bool,
    /// Its limits.
    pub constraints: Constraints,
}

pub(super) fn number(stored: i32) -> Number {
    Number::try_from(stored).unwrap_or(Number::MAX)
}

fn grant_row((id, permission, effect, constraints): (GrantId, i32, String, serde_json::Value)) -> Sql<GrantRow> {
    let constraints = serde_json::from_value(constraints)
        .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    Ok(GrantRow { id, permission: number(permission), allows: effect == "ALLOW", constraints })
}

/// The epoch of a shop, as of this statement.
///
/// # Errors
/// `NotFound` when there is no such shop.
pub async fn epoch(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<i64> {
    e::table.find(shop).select(e::epoch).first(conn).await
}

/// Locks the epoch of a shop without moving it, so that changes of one shop's permissions come one after the other and
/// each decides on what the one before left. What is changed then moves it, by the triggers of
/// `migrations/00000000000030_actor_versions` and `…61_service_epochs`: every replica compiles anew with the next request (requirement 5.5).
///
/// # Errors
/// `NotFound` when there is no such shop.
pub async fn lock_epoch(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<i64> {
    e::table.find(shop).select(e::epoch).for_update().first(conn).await
}

/// What the current position of a sub-account gives.
///
/// # Errors
/// The database's fault.
pub async fn position_permissions(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    sub_account: SubAccountId,
) -> Sql<Vec<PositionPermission>> {
    let rows: Vec<(i32, bool)> = a::table
        .inner_join(pp::table.on(pp::shop_id.eq(a::shop_id).and(pp::position_id.eq(a::position_id))))
        .filter(a::shop_id.eq(shop).and(a::sub_account_id.eq(sub_account)).and(a::valid_to.is_null()))
        .filter(pp::valid_to.is_null())
        .order(pp::permission)
        .select((pp::permission, pp::locked))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(n, locked)| PositionPermission { permission: number(n), locked }).collect())
}

/// What a sub-account is called to plugins: the kind of its position, and the position's name in small letters with `_` in
/// place of what is no letter or digit (`warehouse_lead`).
///
/// # Errors
/// The database's fault.
pub async fn roles(conn: &mut AsyncPgConnection, shop: ShopId, sub_account: SubAccountId) -> Sql<Arc<[String]>> {
    use crate::db::schema::positions as po;
    let found: Option<(String, String)> = a::table
        .inner_join(po::table.on(po::shop_id.eq(a::shop_id).and(po::id.eq(a::position_id))))
        .filter(a::shop_id.eq(shop).and(a::sub_account_id.eq(sub_account)).and(a::valid_to.is_null()))
        .select((po::kind, po::name))
        .first(conn)
        .await
        .optional()?;
    let role = |text: String| {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect::<Vec<_>>().join("_")
    };
    let mut roles: Vec<String> = found.into_iter().flat_map(|(kind, name)| [role(kind), role(name)]).collect();
    roles.retain(|role| !role.is_empty());
    roles.dedup();
    Ok(roles.into())
}

/// What a position gives by itself.
///
/// # Errors
/// The database's fault.
pub async fn permissions_of_position(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    position: PositionId,
) -> Sql<Vec<PositionPermission>> {
    let rows: Vec<(i32, bool)> = pp::table
        .filter(pp::shop_id.eq(shop).and(pp::position_id.eq(position)).and(pp::valid_to.is_null()))
        .order(pp::permission)
        .select((pp::permission, pp::locked))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(n, locked)| PositionPermission { permission: number(n), locked }).collect())
}

/// The personal grants of a sub-account that stand now.
///
/// # Errors
/// The database's fault.
pub async fn grants(conn: &mut AsyncPgConnection, shop: ShopId, sub_account: SubAccountId) -> Sql<Vec<GrantRow>> {
    let grants = g::table
        .filter(g::shop_id.eq(shop).and(g::sub_account_id.eq(sub_account)).and(g::revoked_at.is_null()))
        .select((g::id, g::permission, g::effect, g::constraints))
        .load(conn)
        .await?
        .into_iter()
        .map(grant_row)
        .collect::<Sql<_>>()?;
    with_roster(conn, (shop, sub_account), grants, None).await
}

/// Grants that are bound to shifts get the roster that they look at.
async fn with_roster(
    conn: &mut AsyncPgConnection,
    (shop, sub_account): (ShopId, SubAccountId),
    mut grants: Vec<GrantRow>,
    at: Option<Instant>,
) -> Sql<Vec<GrantRow>> {
    if grants.iter().any(|grant| grant.constraints.on_shift) {
        let roster = shifts::of(conn, shop, sub_account, at).await?;
        for grant in grants.iter_mut().filter(|grant| grant.constraints.on_shift) {
            grant.constraints.roster = roster.clone();
        }
    }
    Ok(grants)
}

/// What held at a past moment (requirement 5.10): the position's permissions and the personal grants.
///
/// # Errors
/// The database's fault.
pub async fn as_of(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    sub_account: SubAccountId,
    at: Instant,
) -> Sql<(Vec<PositionPermission>, Vec<GrantRow>)> {
    let position: Vec<(i32, bool)> = a::table
        .inner_join(pp::table.on(pp::shop_id.eq(a::shop_id).and(pp::position_id.eq(a::position_id))))
        .filter(a::shop_id.eq(shop).and(a::sub_account_id.eq(sub_account)))
        .filter(a::valid_from.le(at).and(a::valid_to.is_null().or(a::valid_to.gt(at))))
        .filter(pp::valid_from.le(at).and(pp::valid_to.is_null().or(pp::valid_to.gt(at))))
        .order(pp::permission)
        .select((pp::permission, pp::locked))
        .load(conn)
        .await?;
    // A departed sub-account holds nothing, whatever its grants said: it had no position at that moment.
    let employed: bool = diesel::select(diesel::dsl::exists(
        a::table
            .filter(a::shop_id.eq(shop).and(a::sub_account_id.eq(sub_account)))
            .filter(a::valid_from.le(at).and(a::valid_to.is_null().or(a::valid_to.gt(at)))),
    ))
    .get_result(conn)
    .await?;
    if !employed {
        return Ok((Vec::new(), Vec::new()));
    }
    let grants = g::table
        .filter(g::shop_id.eq(shop).and(g::sub_account_id.eq(sub_account)))
        .filter(g::granted_at.le(at).and(g::revoked_at.is_null().or(g::revoked_at.gt(at))))
        .select((g::id, g::permission, g::effect, g::constraints))
        .load(conn)
        .await?
        .into_iter()
        .map(grant_row)
        .collect::<Sql<_>>()?;
    let grants = with_roster(conn, (shop, sub_account), grants, Some(at)).await?;
    let position = position.into_iter().map(|(n, locked)| PositionPermission { permission: number(n), locked });
    Ok((position.collect(), grants))
}

/// What an operator may do on the platform.
///
/// # Errors
/// The database's fault.
pub async fn platform_permissions(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Bits> {
    let rows: Vec<i32> = pg::table.filter(pg::account_id.eq(account)).select(pg::permission).load(conn).await?;
    Ok(rows.into_iter().map(number).collect())
}

/// Lets an account do things on the platform itself.
///
/// # Errors
/// The database's fault.
pub async fn grant_platform(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    numbers: &[Number],
    now: Instant,
) -> Sql<usize> {
    let rows: Vec<_> = numbers
        .iter()
        .map(|n| (pg::account_id.eq(account), pg::permission.eq(i32::from(*n)), pg::granted_at.eq(now)))
        .collect();
    diesel::insert_into(pg::table).values(rows).on_conflict_do_nothing().execute_anew(conn).await
}

/// What a sub-account stands by besides its permissions.
#[derive(Debug, Clone, Queryable)]
pub struct Stands {
    /// Whether it is certified, by itself or by the account that it logs in with.
    pub certified: bool,
    /// Until when it has to be.
    pub certify_by: Option<Instant>,
    /// Whether somebody acts from it by an account of their own (requirement 4.19).
    pub has_own_account: bool,
    /// Its position.
    pub position: PositionId,
}

/// What a sub-account stands by.
///
/// # Errors
/// The database's fault.
pub async fn stands(conn: &mut AsyncPgConnection, shop: ShopId, sub_account: SubAccountId) -> Sql<Option<Stands>> {
    use crate::db::schema::sub_accounts as s;
    s::table
        .find((shop, sub_account))
        .select((s::certified_at.is_not_null(), s::certify_by, s::linked_account_id.is_not_null(), s::position_id))
        .first(conn)
        .await
        .optional()
}

/// The log-in policy of a position. A change of it moves the shop's epoch (`migrations/00000000000074_policies_of_managers`).
///
/// # Errors
/// The database's fault.
pub async fn login_policy(conn: &mut AsyncPgConnection, shop: ShopId, position: PositionId) -> Sql<Option<Policy>> {
    use crate::db::schema::position_login_policies as p;
    p::table.find((shop, position)).select(Policy::as_select()).first(conn).await.optional()
}
