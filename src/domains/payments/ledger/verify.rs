//! `kith ledger verify`: compares the ledger with the audit trail, with itself, with the refunds and with whose money it is (h14).
//!
//! The database compares, and only what does not agree leaves it, so that a ledger of any size takes little memory here.
//! Each check is one statement, all of them see one and the same moment (a read-only transaction with a snapshot), so
//! that a shop which goes on refunding meanwhile raises no false alarm.

use std::fmt;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::SimpleAsyncConnection;
use uuid::Uuid;

use super::checks::CHECKS;
use crate::db::{Connection, Db, RunQueryDsl};
use crate::kernel::ids::{
    AccountId, LedgerAccountId, LedgerEntryId, OrderId, OrganisationId, PaymentId, RefundId, ShopId, TypedId,
};
use crate::kernel::{Currency, Fault, Money};

/// Findings of one check that are named; of more it is only said that there are more.
pub const MOST_NAMED: usize = 100;

/// What does not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// An entry says something else than the audit entry that was written with it.
    Edited,
    /// The audit trail tells of an entry that is not there.
    Deleted,
    /// An entry that the audit trail knows nothing of.
    Inserted,
    /// An entry names an account that does not exist in its currency.
    AccountMissing,
    /// The balances of all accounts of a currency do not add up to zero.
    Unbalanced,
    /// What an account's row says that it holds is not what its entries say.
    BalanceMismatch,
    /// A payment and its entry do not agree, or what went back of it is more than was asked for.
    PaymentMismatch,
    /// An approved refund and its entry do not agree, or one of them stands alone.
    RefundMismatch,
    /// What an order says is refunded is not the sum of its approved refunds.
    OrderMismatch,
    /// What a shop's escrow holds is not what its orders say.
    EscrowMismatch,
    /// What an organisation was given is not what the sales say, in the books or in the public numbers.
    DonationMismatch,
    /// An account belongs to somebody else than its entries say.
    OwnerMismatch,
    /// What is on its way to cards is not what the gateway is asked to give back.
    ClearingMismatch,
    /// Something is set aside that is not of somebody who is gone.
    UnclaimedMismatch,
    /// What was counted of a month is not what a relative spent in it.
    QuotaMismatch,
}

/// One thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// The book, if it is one in particular: a shop's or an account's id.
    pub book: Option<String>,
    /// The record, as an id; a currency for [`Problem::Unbalanced`].
    pub record: String,
    /// The columns and figures, as they are and as they should be.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::Edited => "edited",
            Problem::Deleted => "deleted",
            Problem::Inserted => "inserted past the command door",
            Problem::AccountMissing => "account missing",
            Problem::Unbalanced => "does not add up to zero",
            Problem::BalanceMismatch => "balance and entries differ",
            Problem::PaymentMismatch => "payment and ledger differ",
            Problem::RefundMismatch => "refund and ledger differ",
            Problem::OrderMismatch => "order and refunds differ",
            Problem::EscrowMismatch => "escrow and orders differ",
            Problem::DonationMismatch => "gifts to charity, what was paid out of them and sales differ",
            Problem::OwnerMismatch => "belongs to somebody else",
            Problem::ClearingMismatch => "refunds on their way and gateway jobs differ",
            Problem::UnclaimedMismatch => "set aside, but not of somebody who is gone",
            Problem::QuotaMismatch => "what was counted and what was spent differ",
        };
        write!(f, "{}: {problem}", self.record)?;
        if let Some(book) = &self.book {
            write!(f, " (in {book})")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// What was compared and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Ledger entries.
    pub entries: u64,
    /// Accounts of the ledger.
    pub accounts: u64,
    /// Refunds that were approved.
    pub refunds: u64,
    /// What is set aside because it came back to accounts that are deleted, in each currency.
    pub unclaimed: Vec<Money>,
    /// What does not agree, [`MOST_NAMED`] for each check at most.
    pub findings: Vec<Finding>,
    /// Whether a check found more than it names.
    pub more: bool,
}

impl Report {
    /// Whether everything agrees.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Compares everything. Takes one connection for as long as it lasts, and no lock that anybody waits for.
///
/// # Errors
/// The database's fault. What does not agree is no error but a finding.
pub async fn verify(db: &Db) -> Result<Report, Fault> {
    db.transaction(async |conn: &mut Connection| {
        conn.batch_execute(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0;
             SET LOCAL enable_seqscan = on",
        )
        .await?;
        let counts: Counts = diesel::sql_query(COUNTS).get_result(conn).await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let mut report = Report {
            entries: count(counts.entries),
            accounts: count(counts.accounts),
            refunds: count(counts.refunds),
            unclaimed: set_aside(conn).await?,
            ..Report::default()
        };
        for check in CHECKS {
            let rows: Vec<Row> = diesel::sql_query(named(check)).load(conn).await?;
            report.more |= rows.len() > MOST_NAMED;
            report.findings.extend(rows.into_iter().take(MOST_NAMED).map(Row::finding));
        }
        Ok(report)
    })
    .await
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Text)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

/// A sum that no `Money` can hold is shown as the most that one can.
const SET_ASIDE: &str = "SELECT currency, least(sum(balance_minor), 9223372036854775807)::bigint AS minor
    FROM ledger_accounts WHERE kind = 'UNCLAIMED' AND balance_minor > 0 GROUP BY currency ORDER BY currency";

async fn set_aside(conn: &mut Connection) -> Result<Vec<Money>, Fault> {
    let held: Vec<Held> = diesel::sql_query(SET_ASIDE).load(conn).await?;
    Ok(held.into_iter().map(|held| Money::new(held.minor, held.currency)).collect())
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    accounts: i64,
    #[diesel(sql_type = BigInt)]
    refunds: i64,
}

const COUNTS: &str = "SELECT (SELECT count(*) FROM ledger_entries) AS entries,
    (SELECT count(*) FROM ledger_accounts) AS accounts,
    (SELECT count(*) FROM refunds WHERE state = 'APPROVED') AS refunds";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    problem: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    book: Option<Uuid>,
    #[diesel(sql_type = Bool)]
    is_account: bool,
    #[diesel(sql_type = Text)]
    record: String,
    #[diesel(sql_type = Text)]
    detail: String,
}

impl Row {
    fn finding(self) -> Finding {
        let key = self.record.parse::<Uuid>().ok();
        let named = |name: fn(Uuid) -> String| key.map_or_else(|| self.record.clone(), name);
        let (problem, record) = match self.problem.as_str() {
            "EDITED" => (Problem::Edited, named(|id| LedgerEntryId::from_uuid(id).to_string())),
            "DELETED" => (Problem::Deleted, named(|id| LedgerEntryId::from_uuid(id).to_string())),
            "INSERTED" => (Problem::Inserted, named(|id| LedgerEntryId::from_uuid(id).to_string())),
            "ACCOUNT" => (Problem::AccountMissing, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "REFUND" => (Problem::RefundMismatch, named(|id| RefundId::from_uuid(id).to_string())),
            "REFUND_ENTRY" => (Problem::RefundMismatch, named(|id| LedgerEntryId::from_uuid(id).to_string())),
            "ORDER" => (Problem::OrderMismatch, named(|id| OrderId::from_uuid(id).to_string())),
            "ESCROW" => (Problem::EscrowMismatch, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "DONATION" | "PAYOUT" => (Problem::DonationMismatch, named(|id| OrganisationId::from_uuid(id).to_string())),
            "BALANCE" => (Problem::BalanceMismatch, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "OWNER" => (Problem::OwnerMismatch, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "CLEARING" => (Problem::ClearingMismatch, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "UNCLAIMED" => (Problem::UnclaimedMismatch, named(|id| LedgerAccountId::from_uuid(id).to_string())),
            "QUOTA" => (Problem::QuotaMismatch, named(|id| AccountId::from_uuid(id).to_string())),
            "PAYMENT" => (Problem::PaymentMismatch, named(|id| PaymentId::from_uuid(id).to_string())),
            _ => (Problem::Unbalanced, self.record.clone()),
        };
        let book = self.book.map(|key| {
            if self.is_account { AccountId::from_uuid(key).to_string() } else { ShopId::from_uuid(key).to_string() }
        });
        Finding { problem, book, record, detail: self.detail }
    }
}

/// A check with the kind of each book, for the names of the findings.
fn named(check: &str) -> String {
    format!("SELECT c.*, EXISTS (SELECT FROM accounts a WHERE a.id = c.book) AS is_account FROM ({check}) c")
}
