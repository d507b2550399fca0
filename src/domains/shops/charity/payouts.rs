//! What is paid out to organisations: the only SQL on `charity_payouts`. It reads `refunds`, and marks the `orders` whose gifts went
//! out.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::charity_payouts as p;
use crate::kernel::ids::{DonationPayoutId, LedgerEntryId, OrderId, OrganisationId};
use crate::kernel::{Currency, Instant, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// Most sales that one pay-out covers.
const MOST: i64 = 1_000;

/// What is paid out.
#[derive(Debug)]
pub struct Payout {
    /// The id.
    pub id: DonationPayoutId,
    /// To whom.
    pub organisation: OrganisationId,
    /// How much.
    pub money: Money,
    /// Of how many sales.
    pub sales: i64,
    /// The bank's reference, if it is known.
    pub reference: Option<String>,
    /// The entry of the ledger.
    pub entry: LedgerEntryId,
}

/// What stands of the gift of the sale `o`.
macro_rules! gift {
    () => {
        "floor(o.donation_minor::numeric * (o.total_minor - o.refunded_minor) / o.total_minor)"
    };
}

/// Whether the sale `o` was not paid out, and nobody asks for its money back.
macro_rules! undisputed {
    () => {
        "o.donation_payout_id IS NULL AND o.state = 'PAID'
           AND NOT EXISTS (SELECT FROM refunds r WHERE r.shop_id = o.shop_id AND r.order_id = o.id
                           AND r.state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL'))"
    };
}

/// Which sales are due: settled by `$3`, no refund open, not paid out, and something stands of their gift.
macro_rules! due {
    () => {
        concat!(
            "FROM orders o
         WHERE o.charity_organisation_id = $1 AND o.currency = $2 AND o.settled_at <= $3 AND o.donation_minor > 0
           AND o.donation_minor::numeric * (o.total_minor - o.refunded_minor) >= o.total_minor AND ",
            undisputed!()
        )
    };
}

#[derive(QueryableByName)]
struct Sale {
    #[diesel(sql_type = SqlUuid)]
    id: OrderId,
}

#[derive(QueryableByName)]
struct Covered {
    #[diesel(sql_type = BigInt)]
    minor: i64,
    #[diesel(sql_type = BigInt)]
    sales: i64,
}

/// What could be paid out now, in minor units.
///
/// # Errors
/// The database's fault.
pub async fn due(
    conn: &mut AsyncPgConnection,
    organisation: OrganisationId,
    currency: Currency,
    until: Instant,
) -> Sql<Money> {
    let sum: Covered = diesel::sql_query(concat!(
        "SELECT coalesce(sum(",
        gift!(),
        "), 0)::bigint AS minor, count(*) AS sales ",
        due!(),
    ))
    .bind::<SqlUuid, _>(organisation)
    .bind::<Text, _>(currency)
    .bind::<Timestamptz, _>(until)
    .get_result(conn)
    .await?;
    Ok(Money::new(sum.minor, currency))
}

/// Locks the sales that are due, the oldest first, 1,000 at most.
///
/// # Errors
/// The database's fault.
pub async fn lock_due(
    conn: &mut AsyncPgConnection,
    organisation: OrganisationId,
    currency: Currency,
    until: Instant,
) -> Sql<Vec<OrderId>> {
    let sales: Vec<Sale> = diesel::sql_query(concat!(
        "SELECT o.id ",
        due!(),
        " ORDER BY o.settled_at, o.id LIMIT $4 FOR NO KEY UPDATE OF o"
    ))
    .bind::<SqlUuid, _>(organisation)
    .bind::<Text, _>(currency)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(MOST)
    .load(conn)
    .await?;
    Ok(sales.into_iter().map(|sale| sale.id).collect())
}

/// Looked at again behind the lock: a refund that was asked for meanwhile keeps its sale out.
const COVER: &str = concat!(
    "WITH covered AS (
        UPDATE orders o SET donation_payout_id = $1, donation_paid_minor = ",
    gift!(),
    "::bigint
        WHERE o.id = ANY ($2) AND ",
    undisputed!(),
    "
        RETURNING o.donation_paid_minor AS minor
    )
    SELECT coalesce(sum(minor), 0)::bigint AS minor, count(*) AS sales FROM covered"
);

/// Marks locked sales as paid out; gives how much they come to in minor units, and how many they are.
///
/// # Errors
/// The database's fault.
pub async fn cover(conn: &mut AsyncPgConnection, payout: DonationPayoutId, sales: &[OrderId]) -> Sql<(i64, i64)> {
    let covered: Covered =
        diesel::sql_query(COVER).bind::<SqlUuid, _>(payout).bind::<Array<SqlUuid>, _>(sales).get_result(conn).await?;
    Ok((covered.minor, covered.sales))
}

/// Notes a pay-out.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, payout: &Payout, by: &str, now: Instant) -> Sql<usize> {
    diesel::insert_into(p::table)
        .values((
            p::organisation_id.eq(payout.organisation),
            p::id.eq(payout.id),
            p::currency.eq(payout.money.currency),
            p::amount_minor.eq(payout.money.minor),
            p::sales.eq(payout.sales),
            p::reference.eq(&payout.reference),
            p::ledger_entry_id.eq(payout.entry),
            p::paid_by.eq(by),
            p::paid_at.eq(now),
        ))
        .execute(conn)
        .await
}
