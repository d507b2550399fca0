//! The only SQL on `intimate_uses`.

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::bill::Share;
use super::model::IntimateUse;
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::intimate_uses as u;
use crate::domains::intimate_pay::relations::model::IntimatePay;
use crate::kernel::ids::{AccountId, IntimatePayId, IntimateUseId, PaymentId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds a use.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, used: &IntimateUse) -> Sql<usize> {
    diesel::insert_into(u::table).values(used).execute(conn).await
}

/// Notes how the payment of a use ended; gives the use, if it was under way.
///
/// # Errors
/// The database's fault.
pub async fn settle(conn: &mut AsyncPgConnection, payment: PaymentId, state: &str) -> Sql<Option<IntimateUse>> {
    diesel::update(u::table.filter(u::payment_id.eq(payment).and(u::state.eq("PENDING"))))
        .set(u::state.eq(state))
        .returning(IntimateUse::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Notes that an amount of a use came back; gives the use as it is then.
///
/// # Errors
/// A `CheckViolation` when that much is not left of it; the database's fault.
pub async fn give_back(conn: &mut AsyncPgConnection, payment: PaymentId, amount: i64) -> Sql<Option<IntimateUse>> {
    diesel::update(u::table.filter(u::payment_id.eq(payment)))
        .set(u::given_back_minor.eq(u::given_back_minor + amount))
        .returning(IntimateUse::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Whether a use is one of a relation.
///
/// # Errors
/// The database's fault.
pub async fn is_of(conn: &mut AsyncPgConnection, relation: &IntimatePay, id: IntimateUseId) -> Sql<bool> {
    let one = u::table.find((relation.payer_account_id, id)).filter(u::relation_id.eq(relation.id));
    diesel::select(diesel::dsl::exists(one)).get_result(conn).await
}

/// A page of the uses of a relation, the newest first; of one month, if one is said.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    month: Option<NaiveDate>,
    page: &Page<IntimateUseId>,
) -> Sql<Slice<IntimateUse>> {
    let of = u::payer_account_id.eq(payer).and(u::relation_id.eq(relation));
    let mut query = u::table.filter(of).select(IntimateUse::as_select()).into_boxed();
    if let Some(month) = month {
        query = query.filter(u::month.eq(month));
    }
    page_by!(conn, query, u::id, newest_first, page)
}

/// The oldest transaction that may still change something: whatever is older has committed, or never will.
const OLDEST: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// A place in the order of changes, before everything that is not committed yet.
///
/// # Errors
/// The database's fault.
pub async fn now(conn: &mut AsyncPgConnection) -> Sql<(i64, i64)> {
    let oldest: i64 = diesel::select(sql::<BigInt>(OLDEST)).get_result(conn).await?;
    Ok((oldest - 1, i64::MAX))
}

/// The uses of a relation that were made or changed behind a place, in the order of their changes: `most` of them at most. None
/// is left out: what may still commit comes when all that is older has.
///
/// # Errors
/// The database's fault.
pub async fn changed_after(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    (changed, seq): (i64, i64),
    most: i64,
) -> Sql<Vec<IntimateUse>> {
    let behind = u::changed.gt(changed).or(u::changed.eq(changed).and(u::seq.gt(seq)));
    u::table
        .filter(u::payer_account_id.eq(payer).and(u::relation_id.eq(relation)).and(u::changed.ge(changed)).and(behind))
        .filter(u::changed.lt(sql::<BigInt>(OLDEST)))
        .order((u::changed, u::seq))
        .limit(most)
        .select(IntimateUse::as_select())
        .load(conn)
        .await
}

/// The uses of a relation that count in a month, the oldest first, behind one of them: `most` of them at most.
///
/// # Errors
/// The database's fault.
pub async fn of_month(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    month: NaiveDate,
    behind: Option<IntimateUseId>,
    most: i64,
) -> Sql<Vec<IntimateUse>> {
    let of = u::payer_account_id.eq(payer).and(u::relation_id.eq(relation)).and(u::month.eq(month));
    let mut query = u::table.filter(of).order(u::id).limit(most).select(IntimateUse::as_select()).into_boxed();
    if let Some(behind) = behind {
        query = query.filter(u::id.gt(behind));
    }
    query.load(conn).await
}

const SHARES: &str = "
SELECT category, count(*) AS purchases, sum(amount_minor)::bigint AS spent, sum(given_back_minor)::bigint AS given_back
FROM intimate_uses WHERE payer_account_id = $1 AND relation_id = $2 AND month = $3 AND state <> 'FAILED'
GROUP BY category ORDER BY spent DESC, category";

/// What each category took of a month, the largest first. What failed took nothing.
///
/// # Errors
/// The database's fault.
pub async fn shares(
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, IntimatePayId),
    month: NaiveDate,
) -> Sql<Vec<Share>> {
    diesel::sql_query(SHARES)
        .bind::<SqlUuid, _>(payer)
        .bind::<SqlUuid, _>(relation)
        .bind::<Date, _>(month)
        .load(conn)
        .await
}
