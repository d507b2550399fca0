//! The only SQL on `item_categories`, `deposit_rules` and `violations`; what a shop lists is read from `items`, what waits is
//! read from `orders`, `refunds` and `payments`.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::Standing;
use crate::db::RunQueryDsl;
use crate::db::schema::{
    deposit_rules as d, item_categories as c, payments as p, refunds as r, shops as s, violations as v,
};
use crate::domains::payments::balance::store as balances;
use crate::domains::payments::ledger::AccountKind;
use crate::domains::shops::refunds::model as refund;
use crate::kernel::ids::{AccountId, ShopId, TypedId, ViolationId};
use crate::kernel::{Currency, Instant, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// A category and what it is called.
#[derive(Debug, Clone, Queryable)]
pub struct Category {
    /// The code.
    pub code: String,
    /// In English.
    pub title_en: String,
    /// 中文名称。
    pub title_zh: String,
}

/// What a category wants from a price on.
#[derive(Debug, Clone, Queryable)]
pub struct Rule {
    /// The category.
    pub category: String,
    /// The currency of both amounts.
    pub currency: Currency,
    /// From this price on, in minor units.
    pub from_price_minor: i64,
    /// So much, in minor units.
    pub required_minor: i64,
}

/// Something that a shop did against the rules.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = v)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Violation {
    /// The id.
    pub id: ViolationId,
    /// What it costs, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Why.
    pub reason: String,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// What was taken for it, in minor units.
    pub deducted_minor: Option<i64>,
}

/// All categories, 100 at most, and their rules.
///
/// # Errors
/// The database's fault.
pub async fn categories(conn: &mut AsyncPgConnection) -> Sql<(Vec<Category>, Vec<Rule>)> {
    let all = c::table.order(c::code).limit(100).load(conn).await?;
    Ok((all, d::table.order((d::category, d::currency, d::from_price_minor)).limit(1_000).load(conn).await?))
}

/// Whether there is such a category.
///
/// # Errors
/// The database's fault.
pub async fn is_category(conn: &mut AsyncPgConnection, code: &str) -> Sql<bool> {
    diesel::select(diesel::dsl::exists(c::table.find(code))).get_result(conn).await
}

/// Whether a category wants a deposit, but not in this currency: then nobody knows how much.
///
/// # Errors
/// The database's fault.
pub async fn lacks_rules(conn: &mut AsyncPgConnection, category: &str, currency: Currency) -> Sql<bool> {
    let of_category = d::table.filter(d::category.eq(category)).select(d::currency).distinct();
    let currencies: Vec<Currency> = of_category.load(conn).await?;
    Ok(!currencies.is_empty() && !currencies.contains(&currency))
}

/// What an item of a category at a price wants by itself.
///
/// # Errors
/// The database's fault.
pub async fn wanted(conn: &mut AsyncPgConnection, category: &str, price: Money) -> Sql<Money> {
    let most: Option<i64> = d::table
        .filter(d::category.eq(category).and(d::currency.eq(price.currency)).and(d::from_price_minor.le(price.minor)))
        .select(diesel::dsl::max(d::required_minor))
        .first(conn)
        .await?;
    Ok(Money::new(most.unwrap_or(0), price.currency))
}

#[derive(QueryableByName)]
struct Minor {
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

/// What a shop's deposit holds, and what all that it lists wants.
///
/// # Errors
/// The database's fault.
pub async fn standing(conn: &mut AsyncPgConnection, shop: ShopId, currency: Currency) -> Sql<Standing> {
    let held = balances::held(conn, shop.uuid(), AccountKind::Deposit, currency).await?;
    let required: Minor = diesel::sql_query("SELECT deposit_required($1, $2) AS minor")
        .bind::<SqlUuid, _>(shop)
        .bind::<Text, _>(currency)
        .get_result(conn)
        .await?;
    let held = held.map_or_else(|| Money::new(0, currency), |(_, money)| money);
    Ok(Standing { held, required: Money::new(required.minor, currency) })
}

/// Locks a shop; gives its main account, currency and state.
///
/// # Errors
/// The database's fault.
pub async fn lock_shop(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Option<(AccountId, Currency, String)>> {
    s::table.find(shop).select((s::main_account_id, s::currency, s::state)).for_update().first(conn).await.optional()
}

/// Notes that a shop is closed.
///
/// # Errors
/// The database's fault.
pub async fn close(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<usize> {
    diesel::update(s::table.find(shop)).set(s::state.eq("CLOSED")).execute(conn).await
}

/// Whether refunds of a shop wait to be decided.
///
/// # Errors
/// The database's fault.
pub async fn refunds_wait(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<bool> {
    let open = r::table.filter(r::shop_id.eq(shop).and(r::state.eq_any(refund::State::OPEN)));
    diesel::select(diesel::dsl::exists(open)).get_result(conn).await
}

/// Whether payments into a shop wait for the gateway.
///
/// # Errors
/// The database's fault.
pub async fn payments_wait(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<bool> {
    let open = p::table.filter(p::shop_id.eq(shop).and(p::state.eq("PENDING")));
    diesel::select(diesel::dsl::exists(open)).get_result(conn).await
}

#[derive(QueryableByName)]
struct Waits {
    #[diesel(sql_type = BigInt)]
    unsettled: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settled_last: Option<Instant>,
}

/// What was given back in full has nothing left to lose.
const WAITS: &str = "SELECT
    (SELECT count(*) FROM (SELECT FROM orders WHERE shop_id = $1 AND state = 'PAID' AND settled_at IS NULL LIMIT 1) u) AS unsettled,
    (SELECT max(settled_at) FROM orders WHERE shop_id = $1 AND state = 'PAID') AS settled_last";

/// Until when buyers of a shop may still lose money; nothing when they cannot. Of an order that is paid and not settled nobody
/// knows when: `Some(None)`.
///
/// # Errors
/// The database's fault.
pub async fn orders_wait(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    now: Instant,
    days: u32,
) -> Sql<Option<Option<Instant>>> {
    let waits: Waits = diesel::sql_query(WAITS).bind::<SqlUuid, _>(shop).get_result(conn).await?;
    if waits.unsettled > 0 {
        return Ok(Some(None));
    }
    let until = waits.settled_last.map(|last| last + TimeDelta::days(i64::from(days)));
    Ok(until.filter(|until| now < *until).map(Some))
}

/// Records a violation.
///
/// # Errors
/// The database's fault.
pub async fn record(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    id: ViolationId,
    amount: Money,
    reason: &str,
    by: &str,
    now: Instant,
) -> Sql<usize> {
    diesel::insert_into(v::table)
        .values((
            v::shop_id.eq(shop),
            v::id.eq(id),
            v::amount_minor.eq(amount.minor),
            v::currency.eq(amount.currency),
            v::reason.eq(reason),
            v::recorded_by.eq(by),
            v::recorded_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// The violations of a shop, the oldest first, 1,000 at most; those only that were not deducted, where wanted.
///
/// # Errors
/// The database's fault.
pub async fn violations(conn: &mut AsyncPgConnection, shop: ShopId, open_only: bool) -> Sql<Vec<Violation>> {
    let mut query = v::table.filter(v::shop_id.eq(shop)).select(Violation::as_select()).into_boxed();
    if open_only {
        query = query.filter(v::deducted_at.is_null());
    }
    query.order(v::id).limit(1_000).load(conn).await
}

/// Notes what was taken for a violation.
///
/// # Errors
/// The database's fault.
pub async fn deducted(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    id: ViolationId,
    minor: i64,
    now: Instant,
) -> Sql<usize> {
    diesel::update(v::table.find((shop, id)))
        .set((v::deducted_minor.eq(minor), v::deducted_at.eq(now)))
        .execute(conn)
        .await
}
