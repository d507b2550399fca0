//! What is asked of the gateway besides payments: refunds to cards, and holds that are let go. The only SQL on
//! `gateway_jobs` beside `payment_give_back`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use super::model::Payment;
use crate::db::RunQueryDsl;
use crate::db::schema::gateway_jobs as j;
use crate::kernel::ids::{AccountId, GatewayJobId, PaymentId, ShopId};
use crate::kernel::{Currency, Instant, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// Something to be asked.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Serialize, Deserialize)]
#[diesel(table_name = j)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Job {
    /// Who paid.
    pub payer_account_id: AccountId,
    /// The id, which is the gateway's key of a refund. A refund's job has the key of the refund.
    pub id: GatewayJobId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The shop that was paid.
    pub shop_id: ShopId,
    /// `REFUND` or `VOID`.
    pub kind: String,
    /// The gateway's key of what was authorised.
    pub authorised_key: String,
    /// The gateway's name for what it took.
    pub reference: Option<String>,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// `PENDING`, `DONE` or `REFUSED`.
    pub state: String,
    /// Why it is tried again, or was refused.
    pub failure: Option<String>,
    /// How often it was tried.
    pub tries: i32,
    /// When it is due.
    pub available_at: Instant,
    /// When it came.
    pub created_at: Instant,
    /// When it was done or refused.
    pub settled_at: Option<Instant>,
}

impl Job {
    /// How much.
    #[must_use]
    pub fn money(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

/// Asks for a hold to be let go.
///
/// # Errors
/// The database's fault.
pub async fn void(conn: &mut AsyncPgConnection, payment: &Payment, now: Instant) -> Sql<usize> {
    diesel::insert_into(j::table)
        .values((
            j::payer_account_id.eq(payment.payer_account_id),
            j::id.eq(GatewayJobId::generate()),
            j::payment_id.eq(payment.id),
            j::shop_id.eq(payment.shop_id),
            j::kind.eq("VOID"),
            j::authorised_key.eq(payment.key()),
            j::reference.eq(&payment.reference),
            j::amount_minor.eq(payment.amount_minor),
            j::currency.eq(payment.currency),
            j::state.eq("PENDING"),
            j::available_at.eq(now),
            j::created_at.eq(now),
        ))
        .execute(conn)
        .await
}

const TAKE: &str = "
UPDATE gateway_jobs SET tries = tries + 1, available_at = $2
WHERE (payer_account_id, id) IN (
    SELECT payer_account_id, id FROM gateway_jobs WHERE state = 'PENDING'
    AND (available_at <= $1 OR available_at > greatest($2, $1 + interval '2 hours'))
    ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING payer_account_id, id, payment_id, shop_id, kind, authorised_key, reference, amount_minor, currency, state, failure,
    tries, available_at, created_at, settled_at";

/// Takes jobs that are due, for as long as the lease; also those that a clock which was ahead put off (h07).
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, now: Instant, lease_ends: Instant, most: i64) -> Sql<Vec<Job>> {
    diesel::sql_query(TAKE)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_ends)
        .bind::<BigInt, _>(most)
        .load(conn)
        .await
}

/// Notes that a try came to nothing and when the next one is.
///
/// # Errors
/// The database's fault.
pub async fn again(conn: &mut AsyncPgConnection, taken: &Job, at: Instant, why: &str) -> Sql<usize> {
    diesel::update(j::table.find((taken.payer_account_id, taken.id)).filter(j::state.eq("PENDING")))
        .set((j::available_at.eq(at), j::failure.eq(why)))
        .execute(conn)
        .await
}

/// Ends a job, if it waits; gives it as it is now.
///
/// # Errors
/// The database's fault.
pub async fn end(
    conn: &mut AsyncPgConnection,
    payer: AccountId,
    id: GatewayJobId,
    refused: Option<&str>,
    now: Instant,
) -> Sql<Option<Job>> {
    let state = if refused.is_some() { "REFUSED" } else { "DONE" };
    diesel::update(j::table.find((payer, id)).filter(j::state.eq("PENDING")))
        .set((j::state.eq(state), j::failure.eq(refused), j::settled_at.eq(now)))
        .returning(Job::as_returning())
        .get_result(conn)
        .await
        .optional()
}
