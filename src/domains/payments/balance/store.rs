//! Reads of the ledger for one owner, and of whose balance nobody can spend. Writing it is `ledger::store`.

use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::{ledger_accounts as a, ledger_entries as e};
use crate::domains::payments::ledger::AccountKind;
use crate::kernel::ids::{AccountId, LedgerAccountId, LedgerEntryId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Currency, Instant, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// One movement of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = e)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Line {
    /// The entry.
    pub id: LedgerEntryId,
    /// Where the money came from.
    pub debit_account_id: LedgerAccountId,
    /// Where it went.
    pub credit_account_id: LedgerAccountId,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Why.
    pub kind: String,
    /// What it is for, as an id.
    pub reference: String,
    /// When.
    pub at: Instant,
}

/// The ledger account of an owner and what its row says that it holds; for kinds that keep a balance.
///
/// # Errors
/// The database's fault.
pub async fn held(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    kind: AccountKind,
    currency: Currency,
) -> Sql<Option<(LedgerAccountId, Money)>> {
    let found: Option<(LedgerAccountId, i64)> = a::table
        .filter(a::owner_id.eq(owner).and(a::kind.eq(kind.text())).and(a::currency.eq(currency)))
        .select((a::id, a::balance_minor))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, minor)| (id, Money::new(minor, currency))))
}

/// A page of the movements of an account, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    account: LedgerAccountId,
    page: &Page<LedgerEntryId>,
) -> Sql<Slice<Line>> {
    let query = e::table
        .filter(e::debit_account_id.eq(account).or(e::credit_account_id.eq(account)))
        .select(Line::as_select())
        .into_boxed();
    page_by!(conn, query, e::id, newest_first, page)
}

/// A balance that nobody can spend.
#[derive(Debug, QueryableByName)]
pub struct OfNobody {
    /// Whose it was.
    #[diesel(sql_type = SqlUuid)]
    pub owner_id: AccountId,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: Currency,
}

const OF_DELETED: &str = "SELECT a.owner_id, a.currency FROM accounts o
    JOIN ledger_accounts a ON a.owner_id = o.id AND a.kind = 'BALANCE'
    WHERE o.state = 'DELETED' AND a.balance_minor > 0 ORDER BY a.owner_id, a.currency LIMIT 100";

/// Balances of deleted accounts that hold something; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_deleted(conn: &mut AsyncPgConnection) -> Sql<Vec<OfNobody>> {
    diesel::sql_query(OF_DELETED).load(conn).await
}
