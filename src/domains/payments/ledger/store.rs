//! The only SQL that writes the ledger, with the functions `ledger_…` of `migrations/`, and what is derived from it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::{AccountKind, DETAIL_KEY, Movement, audit_detail};
use crate::command::Tx;
use crate::db::schema::ledger_accounts as a;
use crate::db::{self, RunQueryDsl, Write};
use crate::kernel::ids::LedgerAccountId;
use crate::kernel::{Currency, Instant, Money};

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

    use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Posts a movement between two accounts of its currency.
        fn ledger_post(
            book: SqlUuid, entry: SqlUuid, debit: SqlUuid, credit: SqlUuid, amount: BigInt, currency: Text, kind: Text,
            reference: Text, at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Posts movements from escrow to balances.
        fn ledger_post_refunds(
            books: Array<SqlUuid>, entries: Array<SqlUuid>, debits: Array<SqlUuid>, credits: Array<SqlUuid>,
            amounts: Array<BigInt>, currencies: Array<Text>, refs: Array<Text>, at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Locks accounts in the one order that everybody keeps.
        fn ledger_lock(ids: Array<SqlUuid>) -> Bool;
    }

    diesel::define_sql_function! {
        /// The same, and false where the debit account holds less.
        fn ledger_move(
            book: SqlUuid, entry: SqlUuid, debit: SqlUuid, credit: SqlUuid, amount: BigInt, currency: Text, kind: Text,
            reference: Text, at: Timestamptz,
        ) -> Bool;
    }
}

/// The constraint that breaks when an account that is spent by balance holds less than a movement takes.
pub const NOT_BELOW_ZERO: &str = "ledger_accounts_not_below_zero";
/// The constraint that breaks when an account would hold more than 64 bits of minor units.
pub const FULL: &str = "ledger_accounts_full";

/// The posting of a movement. The same kind and reference cannot be posted twice in a book, amounts at or below zero and
/// accounts of another currency cannot be posted at all: the database refuses, whatever the code above believes. What
/// holds too little, or would hold too much, breaks [`NOT_BELOW_ZERO`] or [`FULL`].
#[must_use]
pub fn posting(movement: &Movement) -> impl Write + use<> {
    sql::ledger_post(
        movement.book.uuid(),
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

/// The same for the movements of many refunds, from escrow to balances of which no two are the same. Any other one breaks [`FULL`].
#[must_use]
pub fn posting_of_refunds(movements: &[&Movement], at: Instant) -> impl Write + use<> {
    sql::ledger_post_refunds(
        movements.iter().map(|movement| movement.book.uuid()).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.id).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.debit).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.credit).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.money.minor).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.money.currency).collect::<Vec<_>>(),
        movements.iter().map(|movement| movement.reference.clone()).collect::<Vec<_>>(),
        at,
    )
}

/// Locks the accounts of several movements that follow, so that no two transactions wait for each other.
#[must_use]
pub fn locking(accounts: Vec<LedgerAccountId>) -> impl Write + use<> {
    sql::ledger_lock(accounts)
}

/// Posts a movement now.
///
/// # Errors
/// As [`posting`] says: a `UniqueViolation` for a movement that was posted before; the database's fault.
pub async fn post(tx: &mut Tx<'_>, movement: &Movement) -> Sql<()> {
    note(tx, movement);
    let writing = db::write(tx.conn, &[&posting(movement)]);
    writing.await
}

/// Posts a movement now if the debit account holds enough; says whether it did. One conditional statement.
///
/// # Errors
/// As [`post`], [`NOT_BELOW_ZERO`] aside.
pub async fn try_post(tx: &mut Tx<'_>, movement: &Movement) -> Sql<bool> {
    let moving = sql::ledger_move(
        movement.book.uuid(),
        movement.id,
        movement.debit,
        movement.credit,
        movement.money.minor,
        movement.money.currency,
        movement.kind.text(),
        movement.reference.clone(),
        movement.at,
    );
    let moved: bool = diesel::select(moving).get_result(tx.conn).await?;
    if moved {
        note(tx, movement);
    }
    Ok(moved)
}

/// Leaves a movement to the command's last statement. What breaks then, [`crate::command::Command::broken`] says.
pub fn leave(tx: &mut Tx<'_>, movement: &Movement) {
    note(tx, movement);
    tx.leave(posting(movement));
}

/// Says in the command's audit entry that the movement happened, and in which book.
fn note(tx: &mut Tx<'_>, movement: &Movement) {
    let mut detail = audit_detail(movement);
    detail["book"] = serde_json::json!(movement.book.uuid());
    tx.note(DETAIL_KEY, detail);
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
