//! The only SQL on `payments`, with the function `payment_give_back` of `migrations/`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamptz};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::Payment;
use crate::db::fixed;
use crate::db::paging::page_by;
use crate::db::schema::payments as p;
use crate::db::{RunQueryDsl, Write};
use crate::kernel::ids::{AccountId, PaymentId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Instant, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// The constraint that breaks when more goes back than is left of a payment (h10).
pub const ROOM: &str = "payments_room";
/// The constraint that breaks when a bill has a live payment.
pub const LIVE: &str = "payments_live";

/// Adds a payment.
///
/// # Errors
/// The database's fault; [`LIVE`] when the bill has one that is pending or captured.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Payment) -> Sql<usize> {
    diesel::insert_into(p::table)
        .values((
            (
                p::payer_account_id.eq(new.payer_account_id),
                p::id.eq(new.id),
                p::purpose.eq(&new.purpose),
                p::subject.eq(new.subject),
                p::shop_id.eq(new.shop_id),
                p::relation_id.eq(new.relation_id),
                p::amount_minor.eq(new.amount_minor),
                p::currency.eq(new.currency),
                p::state.eq(&new.state),
                p::methods.eq(&new.methods),
            ),
            p::attempt.eq(new.attempt),
            p::method_id.eq(new.method_id),
            p::method_kind.eq(&new.method_kind),
            p::step.eq(&new.step),
            p::failure.eq(&new.failure),
            p::ledger_entry_id.eq(new.ledger_entry_id),
            p::available_at.eq(new.available_at),
            p::created_at.eq(new.created_at),
            p::settled_at.eq(new.settled_at),
        ))
        .execute(conn)
        .await
}

/// The state of the live payment of a bill, if there is one.
///
/// # Errors
/// The database's fault.
pub async fn live(conn: &mut AsyncPgConnection, shop: ShopId, subject: Uuid) -> Sql<Option<String>> {
    let live = p::state.eq(fixed("PENDING")).or(p::state.eq(fixed("CAPTURED")));
    p::table
        .filter(p::shop_id.eq(shop).and(p::subject.eq(subject)).and(live))
        .select(p::state)
        .first(conn)
        .await
        .optional()
}

/// The relation that a payment is paid under, which never changes; nothing when it is none, or there is no such payment.
///
/// # Errors
/// The database's fault.
pub async fn relation(conn: &mut AsyncPgConnection, payer: AccountId, id: PaymentId) -> Sql<Option<Uuid>> {
    let found: Option<Option<Uuid>> = p::table.find((payer, id)).select(p::relation_id).first(conn).await.optional()?;
    Ok(found.flatten())
}

/// Locks a payment that waits at this attempt.
///
/// # Errors
/// The database's fault.
pub async fn lock_pending(
    conn: &mut AsyncPgConnection,
    payer: AccountId,
    id: PaymentId,
    attempt: i32,
) -> Sql<Option<Payment>> {
    p::table
        .find((payer, id))
        .filter(p::state.eq("PENDING").and(p::attempt.eq(attempt)))
        .select(Payment::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Writes where a locked payment stands now.
///
/// # Errors
/// The database's fault.
pub async fn update(conn: &mut AsyncPgConnection, payment: &Payment) -> Sql<usize> {
    diesel::update(p::table.find((payment.payer_account_id, payment.id)))
        .set((
            p::state.eq(&payment.state),
            p::attempt.eq(payment.attempt),
            p::method_id.eq(payment.method_id),
            p::method_kind.eq(&payment.method_kind),
            p::step.eq(&payment.step),
            p::reference.eq(&payment.reference),
            p::failure.eq(&payment.failure),
            p::ledger_entry_id.eq(payment.ledger_entry_id),
            p::tries.eq(payment.tries),
            p::uncertain.eq(payment.uncertain),
            p::available_at.eq(payment.available_at),
            p::settled_at.eq(payment.settled_at),
        ))
        .execute(conn)
        .await
}

const TAKE: &str = "
UPDATE payments p SET tries = p.tries + 1, available_at = $2, uncertain = true
FROM (SELECT payer_account_id, id, uncertain FROM payments WHERE state = 'PENDING'
      AND (available_at <= $1 OR available_at > greatest($2, $1 + interval '2 hours'))
      ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) due
WHERE p.payer_account_id = due.payer_account_id AND p.id = due.id
RETURNING p.id, due.uncertain AS was_uncertain";

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: PaymentId,
    #[diesel(sql_type = Bool)]
    was_uncertain: bool,
}

/// Takes payments that are due, for as long as the lease; also those whose worker's lease is over. Until it is noted what
/// became of the try, it counts as one that may have reached the gateway: `uncertain` is what it was before. What is due later
/// than any lease or wait can be was written by a clock that was ahead, and is due now (h07).
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, now: Instant, lease_ends: Instant, most: i64) -> Sql<Vec<Payment>> {
    let taken: Vec<Taken> = diesel::sql_query(TAKE)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_ends)
        .bind::<BigInt, _>(most)
        .load(conn)
        .await?;
    let ids: Vec<PaymentId> = taken.iter().map(|taken| taken.id).collect();
    let mut rows = by_ids(conn, &ids).await?;
    for row in &mut rows {
        row.uncertain = taken.iter().any(|taken| taken.id == row.id && taken.was_uncertain);
    }
    Ok(rows)
}

/// Notes that the money is held: capture is next. Says whether the payment still waited for that.
///
/// # Errors
/// The database's fault.
pub async fn authorised(conn: &mut AsyncPgConnection, taken: &Payment, reference: &str) -> Sql<bool> {
    let mine = p::table
        .find((taken.payer_account_id, taken.id))
        .filter(p::state.eq("PENDING").and(p::attempt.eq(taken.attempt)).and(p::step.eq("AUTHORISE")));
    let noted = diesel::update(mine)
        .set((p::step.eq("CAPTURE"), p::reference.eq(reference), p::tries.eq(1)))
        .execute(conn)
        .await?;
    Ok(noted == 1)
}

/// Notes that a try came to nothing and when the next one is, unless somebody else has the payment by now.
///
/// # Errors
/// The database's fault.
pub async fn again(
    conn: &mut AsyncPgConnection,
    taken: &Payment,
    at: Instant,
    why: &str,
    uncertain: bool,
) -> Sql<usize> {
    let mine = p::table
        .find((taken.payer_account_id, taken.id))
        .filter(p::state.eq("PENDING").and(p::attempt.eq(taken.attempt)));
    diesel::update(mine)
        .set((p::available_at.eq(at), p::failure.eq(why), p::uncertain.eq(uncertain)))
        .execute(conn)
        .await
}

/// Payments by id, in no order.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[PaymentId]) -> Sql<Vec<Payment>> {
    p::table.filter(p::id.eq_any(ids)).select(Payment::as_select()).load(conn).await
}

/// A page of what an account paid, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn of_payer(conn: &mut AsyncPgConnection, payer: AccountId, page: &Page<PaymentId>) -> Sql<Slice<Payment>> {
    let query = p::table.filter(p::payer_account_id.eq(payer)).select(Payment::as_select()).into_boxed();
    page_by!(conn, query, p::id, newest_first, page)
}

/// A page of what was paid under a relation, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn of_relation(
    conn: &mut AsyncPgConnection,
    payer: AccountId,
    relation: Uuid,
    page: &Page<PaymentId>,
) -> Sql<Slice<Payment>> {
    let query = p::table
        .filter(p::payer_account_id.eq(payer).and(p::relation_id.eq(relation)))
        .select(Payment::as_select())
        .into_boxed();
    page_by!(conn, query, p::id, newest_first, page)
}

mod sql {
    use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Notes that an amount of a payment goes back to its method.
        fn payment_give_back(
            payer: SqlUuid, payment: SqlUuid, refund: SqlUuid, amount: BigInt, at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Notes that amounts of payments go back to the balances that paid.
        fn payments_give_back(payers: Array<SqlUuid>, payments: Array<SqlUuid>, amounts: Array<BigInt>) -> Bool;
    }
}

/// Notes that `amount` of a payment goes back; to a card the worker sends it, as the job `refund`. Breaks [`ROOM`] if that
/// much is not left of it.
#[must_use]
pub fn give_back(payer: AccountId, payment: PaymentId, refund: Uuid, amount: Money, at: Instant) -> impl Write + use<> {
    sql::payment_give_back(payer, payment, refund, amount.minor, at)
}

/// The same for many payments by balance, no two alike.
#[must_use]
pub fn give_back_all(payments: &[(AccountId, PaymentId, Money)]) -> impl Write + use<> {
    sql::payments_give_back(
        payments.iter().map(|(payer, ..)| *payer).collect::<Vec<_>>(),
        payments.iter().map(|(_, id, _)| *id).collect::<Vec<_>>(),
        payments.iter().map(|(.., amount)| amount.minor).collect::<Vec<_>>(),
    )
}
