//! The only SQL on `refunds`, with the functions `refund_approve` and `refunds_approve` of `migrations/`; a page reads `orders` and `accounts` with
//! them, and whoever locks one finds the `payments` and the `ledger_accounts` that its money moves between.

use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::{Locked, Refund, State};
use crate::db::paging::page_by;
use crate::db::schema::{accounts, orders, refunds};
use crate::db::{RunQueryDsl, Write};
use crate::domains::accounts::account::model::Profile;
use crate::domains::shops::orders::model::Order;
use crate::kernel::ids::{AccountId, OrderId, RefundId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Instant, Subject};
use crate::permissions::ReadPermit;

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds a refund.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, refund: &Refund) -> Sql<usize> {
    diesel::insert_into(refunds::table)
        .values((
            refunds::shop_id.eq(refund.shop_id),
            refunds::id.eq(refund.id),
            refunds::order_id.eq(refund.order_id),
            refunds::buyer_account_id.eq(refund.buyer_account_id),
            refunds::amount_minor.eq(refund.amount_minor),
            refunds::currency.eq(refund.currency),
            refunds::reason.eq(&refund.reason),
            refunds::state.eq(&refund.state),
            refunds::requested_at.eq(refund.requested_at),
            refunds::by_platform.eq(refund.by_platform),
        ))
        .execute(conn)
        .await
}

/// The columns of a [`Refund`] and of its order. Outermost they are named: a statement that is kept would fail once a step of
/// `migrations/` had added another to `*`.
macro_rules! columns {
    () => {
        "r.shop_id, r.id, r.order_id, r.buyer_account_id, r.amount_minor, r.currency, r.reason, r.state, r.requested_at,
        r.first_approved_by, r.decided_at, r.decided_by, r.rejection_reason, r.ledger_entry_id, r.reviewed_by, r.reviewed_at,
        r.by_platform, r.order_total, r.order_refunded, r.order_donation, r.organisation, r.settled"
    };
}

/// The inner query waits for the locks, of the refund and then of its order, and gives both as they are then. So is the epoch;
/// what is around them is as of the statement's beginning, which does: a payment that was captured stays so, and what is left of it is
/// looked at when it is given back; ledger accounts never go, and one that is not found is looked for again.
const LOCK: &str = concat!(
    "SELECT ",
    columns!(),
    ", epoch_now(r.shop_id) AS epoch,
        (SELECT a.id FROM ledger_accounts a WHERE a.owner_id = r.shop_id
            AND a.kind = CASE WHEN r.settled THEN 'BALANCE' ELSE 'ESCROW' END AND a.currency = r.currency) AS source,
        (SELECT a.id FROM ledger_accounts a WHERE a.owner_id = coalesce(p.payer_account_id, r.buyer_account_id)
            AND a.kind = CASE WHEN p.method_kind <> 'BALANCE' THEN 'CLEARING' ELSE 'BALANCE' END
            AND a.currency = r.currency) AS target,
        p.id AS payment_id, coalesce(p.payer_account_id, r.buyer_account_id) AS payer,
        coalesce(p.method_kind <> 'BALANCE', false) AS by_card, p.relation_id, p.settled_at AS paid_at,
        (SELECT s.refund_review FROM shops s WHERE s.id = r.shop_id) AS review_first
    FROM (SELECT r.*, o.total_minor AS order_total, o.refunded_minor AS order_refunded,
            CASE WHEN o.donation_paid_minor IS NULL THEN o.donation_minor ELSE 0 END AS order_donation,
            o.charity_organisation_id AS organisation, o.settled_at IS NOT NULL AS settled
        FROM refunds r JOIN orders o ON o.shop_id = r.shop_id AND o.id = r.order_id
        WHERE r.id = $1 FOR UPDATE) r
    LEFT JOIN payments p ON p.shop_id = r.shop_id AND p.subject = r.order_id AND p.state = 'CAPTURED'"
);

/// Locks a refund.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: RefundId) -> Sql<Option<Locked>> {
    diesel::sql_query(LOCK).bind::<SqlUuid, _>(id).get_result(conn).await.optional()
}

/// As [`LOCK`], of many refunds: those that nobody else holds and that go from the escrow of a shop to the balance of a payer, whose
/// account is locked as well.
const LOCK_PLAIN: &str = concat!(
    "SELECT ",
    columns!(),
    ", r.target, r.payment_id, r.payer, r.by_card, r.relation_id, r.paid_at, epoch_now(r.shop_id) AS epoch,
        (SELECT a.id FROM ledger_accounts a
            WHERE a.owner_id = r.shop_id AND a.kind = 'ESCROW' AND a.currency = r.currency) AS source,
        (SELECT s.refund_review FROM shops s WHERE s.id = r.shop_id) AS review_first
    FROM (SELECT r.*, o.total_minor AS order_total, o.refunded_minor AS order_refunded,
            CASE WHEN o.donation_paid_minor IS NULL THEN o.donation_minor ELSE 0 END AS order_donation,
            o.charity_organisation_id AS organisation, false AS settled, a.id AS target, p.id AS payment_id,
            a.owner_id AS payer, false AS by_card, p.relation_id, p.settled_at AS paid_at
        FROM refunds r JOIN orders o ON o.shop_id = r.shop_id AND o.id = r.order_id
        LEFT JOIN payments p ON p.shop_id = r.shop_id AND p.subject = r.order_id AND p.state = 'CAPTURED'
        JOIN ledger_accounts a ON a.owner_id = coalesce(p.payer_account_id, r.buyer_account_id)
            AND a.kind = 'BALANCE' AND a.currency = r.currency
        WHERE r.id = ANY ($1) AND o.settled_at IS NULL AND coalesce(p.method_kind, 'BALANCE') = 'BALANCE'
        FOR UPDATE OF r, o, a SKIP LOCKED) r"
);

/// Locks refunds that take no more than rows which nobody else holds, and waits for none. A captured payment is changed only by
/// whoever holds its order.
///
/// # Errors
/// The database's fault.
pub async fn lock_plain(conn: &mut AsyncPgConnection, ids: &[RefundId]) -> Sql<Vec<Locked>> {
    diesel::sql_query(LOCK_PLAIN).bind::<Array<SqlUuid>, _>(ids).load(conn).await
}

/// A refund by its id, whoever may see it.
///
/// # Errors
/// The database's fault.
pub async fn by_id(conn: &mut AsyncPgConnection, id: RefundId) -> Sql<Option<Refund>> {
    refunds::table.filter(refunds::id.eq(id)).select(Refund::as_select()).first(conn).await.optional()
}

/// Refunds by id, whoever may see them; at most 100.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[RefundId]) -> Sql<Vec<Refund>> {
    refunds::table.filter(refunds::id.eq_any(ids)).limit(100).select(Refund::as_select()).load(conn).await
}

/// Notes that somebody looked at a refund.
///
/// # Errors
/// The database's fault.
pub async fn review(conn: &mut AsyncPgConnection, refund: &Refund, by: Subject, now: Instant) -> Sql<Refund> {
    diesel::update(refunds::table.find((refund.shop_id, refund.id)))
        .set((refunds::reviewed_by.eq(by.to_string()), refunds::reviewed_at.eq(now)))
        .returning(Refund::as_returning())
        .get_result(conn)
        .await
}

/// The newest refund of an amount in a shop, an open one first: for the demo's examples.
///
/// # Errors
/// The database's fault.
pub async fn newest_of_amount(conn: &mut AsyncPgConnection, shop: ShopId, minor: i64) -> Sql<Option<RefundId>> {
    refunds::table
        .filter(refunds::shop_id.eq(shop).and(refunds::amount_minor.eq(minor)))
        .order((refunds::state.eq(State::Requested.text()).desc(), refunds::id.desc()))
        .select(refunds::id)
        .first(conn)
        .await
        .optional()
}

/// Requests for an order that nobody has decided.
#[diesel::dsl::auto_type(no_type_alias)]
fn open_of(shop: ShopId, order: OrderId) -> _ {
    let open: [&'static str; 2] = State::OPEN;
    refunds::shop_id.eq(shop).and(refunds::order_id.eq(order)).and(refunds::state.eq_any(open))
}

/// What is asked for already of an order and not decided, in minor units.
///
/// # Errors
/// The database's fault.
pub async fn open_amount(conn: &mut AsyncPgConnection, shop: ShopId, order: OrderId) -> Sql<i64> {
    let amounts: Vec<i64> =
        refunds::table.filter(open_of(shop, order)).select(refunds::amount_minor).load(conn).await?;
    Ok(amounts.into_iter().fold(0, i64::saturating_add))
}

/// Locks the open requests for an order, the oldest first. Whoever decides one locks it before its order, so this comes before the
/// order's lock too.
///
/// # Errors
/// The database's fault.
pub async fn lock_open(conn: &mut AsyncPgConnection, shop: ShopId, order: OrderId) -> Sql<Vec<Refund>> {
    refunds::table
        .filter(open_of(shop, order))
        .order(refunds::id)
        .select(Refund::as_select())
        .for_update()
        .load(conn)
        .await
}

/// The same behind the order's lock, with those that were asked for meanwhile. It waits for nobody: one that somebody decides at
/// this moment waits for the order, and finds then what is left of it.
///
/// # Errors
/// The database's fault.
pub async fn lock_open_at_once(conn: &mut AsyncPgConnection, shop: ShopId, order: OrderId) -> Sql<Vec<Refund>> {
    refunds::table
        .filter(open_of(shop, order))
        .order(refunds::id)
        .select(Refund::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}

/// Notes that the platform gave back what a request asked for.
///
/// # Errors
/// The database's fault.
pub async fn overtake(conn: &mut AsyncPgConnection, refund: &Refund, by: Subject, now: Instant) -> Sql<Refund> {
    diesel::update(refunds::table.find((refund.shop_id, refund.id)))
        .set((
            refunds::state.eq(State::Overtaken.text()),
            refunds::decided_by.eq(by.to_string()),
            refunds::decided_at.eq(now),
        ))
        .returning(Refund::as_returning())
        .get_result(conn)
        .await
}

/// Notes the first of two approvals.
///
/// # Errors
/// The database's fault.
pub async fn approve_first(conn: &mut AsyncPgConnection, refund: &Refund, by: Subject) -> Sql<Refund> {
    diesel::update(refunds::table.find((refund.shop_id, refund.id)))
        .set((refunds::state.eq(State::AwaitingSecondApproval.text()), refunds::first_approved_by.eq(by.to_string())))
        .returning(Refund::as_returning())
        .get_result(conn)
        .await
}

mod sql {
    use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Notes the approvals of refunds.
        fn refunds_approve(
            shops: Array<SqlUuid>, ids: Array<SqlUuid>, by: Array<Nullable<Text>>, at: Timestamptz,
            entries: Array<Nullable<SqlUuid>>,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Notes the approval of a refund.
        fn refund_approve(
            shop: SqlUuid, id: SqlUuid, by: Nullable<Text>, at: Nullable<Timestamptz>, entry: Nullable<SqlUuid>,
        ) -> Bool;
    }
}

/// Notes the approval of a locked refund; fails if it does not wait for one.
#[must_use]
pub fn approval(approved: &Refund) -> impl Write + use<> {
    sql::refund_approve(
        approved.shop_id,
        approved.id,
        approved.decided_by.clone(),
        approved.decided_at,
        approved.ledger_entry_id,
    )
}

/// The same for many, at one moment.
#[must_use]
pub fn approvals(approved: &[&Refund], at: Instant) -> impl Write + use<> {
    sql::refunds_approve(
        approved.iter().map(|refund| refund.shop_id).collect::<Vec<_>>(),
        approved.iter().map(|refund| refund.id).collect::<Vec<_>>(),
        approved.iter().map(|refund| refund.decided_by.clone()).collect::<Vec<_>>(),
        at,
        approved.iter().map(|refund| refund.ledger_entry_id).collect::<Vec<_>>(),
    )
}

/// Notes the rejection.
///
/// # Errors
/// The database's fault.
pub async fn reject(
    conn: &mut AsyncPgConnection,
    refund: &Refund,
    by: Subject,
    reason: &str,
    now: Instant,
) -> Sql<Refund> {
    diesel::update(refunds::table.find((refund.shop_id, refund.id)))
        .set((
            refunds::state.eq(State::Rejected.text()),
            refunds::decided_by.eq(by.to_string()),
            refunds::decided_at.eq(now),
            refunds::rejection_reason.eq(reason),
        ))
        .returning(Refund::as_returning())
        .get_result(conn)
        .await
}

/// A page of the refunds of a shop, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    permit: ReadPermit,
    state: Option<State>,
    page: &Page<RefundId>,
) -> Sql<Slice<Refund>> {
    let mut query = refunds::table.filter(refunds::shop_id.eq(permit.shop)).select(Refund::as_select()).into_boxed();
    if let Some(state) = state {
        query = query.filter(refunds::state.eq(state.text()));
    }
    page_by!(conn, query, refunds::id, newest_first, page)
}

/// A page of the refunds of a shop with their orders and buyers, the newest first: three levels in one statement, by keys.
///
/// # Errors
/// The database's fault.
pub async fn page_with_orders(
    conn: &mut AsyncPgConnection,
    permit: ReadPermit,
    state: Option<State>,
    page: &Page<RefundId>,
) -> Sql<Slice<(Refund, Order, Profile)>> {
    let mut query = refunds::table
        .inner_join(orders::table.on(orders::shop_id.eq(refunds::shop_id).and(orders::id.eq(refunds::order_id))))
        .inner_join(accounts::table.on(accounts::id.eq(refunds::buyer_account_id)))
        .filter(refunds::shop_id.eq(permit.shop))
        .select((Refund::as_select(), Order::as_select(), Profile::as_select()))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(refunds::state.eq(state.text()));
    }
    page_by!(conn, query, refunds::id, newest_first, page)
}

/// A page of the refunds that a buyer asked for, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page_of_buyer(
    conn: &mut AsyncPgConnection,
    buyer: AccountId,
    page: &Page<RefundId>,
) -> Sql<Slice<Refund>> {
    let query = refunds::table.filter(refunds::buyer_account_id.eq(buyer)).select(Refund::as_select()).into_boxed();
    page_by!(conn, query, refunds::id, newest_first, page)
}
