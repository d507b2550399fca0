//! The only SQL that writes the ledger, with the functions `ledger_account` and `ledger_post` of `migrations/`, and what
//! is derived from it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{AccountKind, Movement};
use crate::db::schema::ledger_accounts as a;
use crate::db::{self, Write};
use crate::kernel::ids::LedgerAccountId;
use crate::kernel::{Currency, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// The account of `owner` (a shop's or an account's key) for one kind of money and one currency; made when it is first
/// asked for. Two transactions that ask at once get the same one: the second waits for the first to end.
///
/// # Errors
/// The database's fault.
pub async fn account(
    mut conn: &AsyncPgConnection,
    owner: Uuid,
    kind: AccountKind,
    currency: Currency,
) -> Sql<LedgerAccountId> {
    if let Some(id) = find(conn, owner, kind, currency).await? {
        return Ok(id);
    }
    let id = LedgerAccountId::generate();
    let made = diesel::insert_into(a::table)
        .values((a::owner_id.eq(owner), a::id.eq(id), a::kind.eq(kind.text()), a::currency.eq(currency)))
        .on_conflict((a::owner_id, a::kind, a::currency))
        .do_nothing()
        .execute(&mut conn)
        .await?;
    if made == 1 {
        return Ok(id);
    }
    // Somebody else was first and has committed: at read committed the next statement sees it.
    find(conn, owner, kind, currency).await?.ok_or(diesel::result::Error::NotFound)
}

async fn find(
    mut conn: &AsyncPgConnection,
    owner: Uuid,
    kind: AccountKind,
    currency: Currency,
) -> Sql<Option<LedgerAccountId>> {
    a::table
        .filter(a::owner_id.eq(owner).and(a::kind.eq(kind.text())).and(a::currency.eq(currency)))
        .select(a::id)
        .first(&mut conn)
        .await
        .optional()
}

mod sql {
    #![expect(clippy::too_many_arguments, reason = "one for each column")]

    use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Posts a movement between two accounts of its currency.
        fn ledger_post(
            shop: SqlUuid, entry: SqlUuid, debit: SqlUuid, credit: SqlUuid, amount: BigInt, currency: Text, kind: Text,
            reference: Text, at: Timestamptz,
        ) -> Bool;
    }
}

/// The posting of a movement. The same kind and reference cannot be posted twice in a shop, amounts at or below zero and
/// accounts of another currency cannot be posted at all: the database refuses, whatever the code above believes.
#[must_use]
pub fn posting(movement: &Movement) -> impl Write + use<> {
    sql::ledger_post(
        movement.shop,
        movement.id,
        movement.debit,
        movement.credit,
        movement.money.minor,
        movement.money.currency,
        movement.kind.text(),
        movement.reference.clone(),
        movement.at,
    )
}

/// Posts a movement now.
///
/// # Errors
/// As [`posting`] says: a `UniqueViolation` for a movement that was posted before; the database's fault.
pub async fn post(conn: &AsyncPgConnection, movement: &Movement) -> Sql<()> {
    db::write(conn, &[&posting(movement)]).await
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

/// What an account holds: its credits less its debits.
///
/// # Errors
/// `NotFound` when there is no such account; the database's fault, also when the sum does not fit 64 bits.
pub async fn balance(conn: &mut AsyncPgConnection, account: LedgerAccountId) -> Sql<Money> {
    let currency: Currency = a::table.filter(a::id.eq(account)).select(a::currency).first(conn).await?;
    let sum: Sum = diesel::sql_query(
        "SELECT (coalesce((SELECT sum(amount_minor) FROM ledger_entries WHERE credit_account_id = $1), 0)
               - coalesce((SELECT sum(amount_minor) FROM ledger_entries WHERE debit_account_id = $1), 0))::bigint AS minor",
    )
    .bind::<SqlUuid, _>(account)
    .get_result(conn)
    .await?;
    Ok(Money::new(sum.minor, currency))
}
