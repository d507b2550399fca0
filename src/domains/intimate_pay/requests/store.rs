//! The only SQL on `pay_requests`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::PayRequest;
use crate::db::paging::page_by;
use crate::db::schema::pay_requests as q;
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, IntimatePayId, IntimateUseId, OrderId, PayRequestId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// The index that lets one request wait for each order.
pub const ONCE: &str = "pay_requests_once";

/// Adds a request that waits.
///
/// # Errors
/// A `UniqueViolation` of [`ONCE`]; the database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &PayRequest) -> Sql<usize> {
    diesel::insert_into(q::table)
        .values((
            q::payer_account_id.eq(new.payer_account_id),
            q::id.eq(new.id),
            q::relation_id.eq(new.relation_id),
            q::beneficiary_account_id.eq(new.beneficiary_account_id),
            q::order_id.eq(new.order_id),
            q::title.eq(&new.title),
            q::category.eq(&new.category),
            q::amount_minor.eq(new.amount_minor),
            q::currency.eq(new.currency),
            q::refused.eq(&new.refused),
            q::state.eq("PENDING"),
            q::asked_at.eq(new.asked_at),
            q::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await
}

/// A request of a payer.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, payer: AccountId, id: PayRequestId) -> Sql<Option<PayRequest>> {
    q::table.find((payer, id)).select(PayRequest::as_select()).first(conn).await.optional()
}

/// Answers a request that still waits at `now`; gives it as it is then.
///
/// # Errors
/// The database's fault.
pub async fn answer(
    conn: &mut AsyncPgConnection,
    payer: AccountId,
    id: PayRequestId,
    used: Option<IntimateUseId>,
    now: Instant,
) -> Sql<Option<PayRequest>> {
    let state = if used.is_some() { "APPROVED" } else { "DECLINED" };
    let waiting = q::state.eq("PENDING").and(q::expires_at.gt(now));
    diesel::update(q::table.find((payer, id)).filter(waiting))
        .set((q::state.eq(state), q::decided_at.eq(now), q::use_id.eq(used)))
        .returning(PayRequest::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Writes down that requests for an order have lapsed: before another is made for it.
///
/// # Errors
/// The database's fault.
pub async fn lapse_of_order(conn: &mut AsyncPgConnection, order: OrderId, now: Instant) -> Sql<usize> {
    let due = q::order_id.eq(order).and(q::state.eq(fixed("PENDING"))).and(q::expires_at.le(now));
    diesel::update(q::table.filter(due)).set((q::state.eq("LAPSED"), q::decided_at.eq(now))).execute(conn).await
}

/// Writes down that requests for an order that is paid have lapsed; gives them.
///
/// # Errors
/// The database's fault.
pub async fn lapse_of_paid(conn: &mut AsyncPgConnection, order: OrderId, now: Instant) -> Sql<Vec<PayRequest>> {
    diesel::update(q::table.filter(q::order_id.eq(order).and(q::state.eq(fixed("PENDING")))))
        .set((q::state.eq("LAPSED"), q::decided_at.eq(now)))
        .returning(PayRequest::as_returning())
        .get_results(conn)
        .await
}

/// Writes down that what waits of a relation, which ends, has lapsed; gives it.
///
/// # Errors
/// The database's fault.
pub async fn lapse_of_relation(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    now: Instant,
) -> Sql<Vec<PayRequest>> {
    let waiting = q::payer_account_id.eq(payer).and(q::relation_id.eq(relation)).and(q::state.eq("PENDING"));
    diesel::update(q::table.filter(waiting))
        .set((q::state.eq("LAPSED"), q::decided_at.eq(now)))
        .returning(PayRequest::as_returning())
        .get_results(conn)
        .await
}

/// Whether a request has lapsed that nobody wrote down.
///
/// # Errors
/// The database's fault.
pub async fn any_lapsed(conn: &mut AsyncPgConnection, now: Instant) -> Sql<bool> {
    let due = q::table.filter(q::state.eq(fixed("PENDING")).and(q::expires_at.le(now)));
    diesel::select(diesel::dsl::exists(due)).get_result(conn).await
}

/// Writes down requests that have lapsed, `most` at a time; gives them.
///
/// # Errors
/// The database's fault.
pub async fn lapse(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<PayRequest>> {
    let due = q::table
        .filter(q::state.eq(fixed("PENDING")).and(q::expires_at.le(now)))
        .order(q::expires_at)
        .limit(most)
        .select(q::id)
        .for_update()
        .skip_locked();
    let due: Vec<PayRequestId> = due.load(conn).await?;
    diesel::update(q::table.filter(q::id.eq_any(due)))
        .set((q::state.eq("LAPSED"), q::decided_at.eq(now)))
        .returning(PayRequest::as_returning())
        .get_results(conn)
        .await
}

/// A page of the requests of a relation, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    page: &Page<PayRequestId>,
) -> Sql<Slice<PayRequest>> {
    let of = q::payer_account_id.eq(payer).and(q::relation_id.eq(relation));
    let query = q::table.filter(of).select(PayRequest::as_select()).into_boxed();
    page_by!(conn, query, q::id, newest_first, page)
}
