//! `kith ledger verify`: compares the ledger with the audit trail, with itself and with the refunds (h14).
//!
//! The database compares, and only what does not agree leaves it, so that a ledger of any size takes little memory here.
//! Each check is one statement, all of them see one and the same moment (a read-only transaction with a snapshot), so
//! that a shop which goes on refunding meanwhile raises no false alarm.

use std::fmt;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;

use crate::db::{Connection, Db};
use crate::kernel::Fault;
use crate::kernel::ids::{LedgerAccountId, LedgerEntryId, OrderId, RefundId, ShopId, TypedId};

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
    /// An approved refund and its entry do not agree, or one of them stands alone.
    RefundMismatch,
    /// What an order says is refunded is not the sum of its approved refunds.
    OrderMismatch,
}

/// One thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// The shop, if it is one in particular.
    pub shop: Option<ShopId>,
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
            Problem::RefundMismatch => "refund and ledger differ",
            Problem::OrderMismatch => "order and refunds differ",
        };
        write!(f, "{}: {problem}", self.record)?;
        if let Some(shop) = self.shop {
            write!(f, " (in {shop})")?;
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
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0",
        )
        .await?;
        let counts: Counts = diesel::sql_query(COUNTS).get_result(conn).await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let mut report = Report {
            entries: count(counts.entries),
            accounts: count(counts.accounts),
            refunds: count(counts.refunds),
            ..Report::default()
        };
        for check in CHECKS {
            let rows: Vec<Row> = diesel::sql_query(*check).load(conn).await?;
            report.more |= rows.len() > MOST_NAMED;
            report.findings.extend(rows.into_iter().take(MOST_NAMED).map(Row::finding));
        }
        Ok(report)
    })
    .await
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
    shop: Option<Uuid>,
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
            _ => (Problem::Unbalanced, self.record.clone()),
        };
        Finding { problem, shop: self.shop.map(ShopId::from_uuid), record, detail: self.detail }
    }
}

/// The checks: each gives rows of (problem, shop, record, detail), one more than are named.
const CHECKS: &[&str] = &[AGAINST_AUDIT, ACCOUNTS, SUMS, REFUNDS, REFUND_ENTRIES, ORDERS];

/// Every entry against the audit trail. Everything is compared as text, so that nothing that was put into an audit entry
/// by hand can stop the comparison.
const AGAINST_AUDIT: &str = "
WITH recorded AS (
    SELECT a.chain_id, a.seq, m.value AS said
    FROM audit_entries a
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(a.detail -> 'ledger')
        WHEN 'object' THEN jsonb_build_array(a.detail -> 'ledger')
        WHEN 'array' THEN a.detail -> 'ledger'
        ELSE '[]' END) AS m
    WHERE a.outcome = 'DONE' AND a.detail ? 'ledger'
), posted AS (
    SELECT shop_id, id::text AS id, jsonb_build_object('entry', id, 'kind', kind, 'reference', reference,
        'debit', debit_account_id, 'credit', credit_account_id, 'amount', amount_minor, 'currency', currency,
        'at', (extract(epoch FROM at) * 1000000)::bigint) AS says
    FROM ledger_entries
)
SELECT CASE WHEN r.said IS NULL THEN 'INSERTED' WHEN p.says IS NULL THEN 'DELETED' ELSE 'EDITED' END AS problem,
    coalesce(p.shop_id, r.chain_id) AS shop,
    coalesce(p.id, r.said ->> 'entry', '') AS record,
    CASE WHEN r.said IS NULL THEN 'no audit entry tells of it; it says ' || p.says::text
         WHEN p.says IS NULL THEN 'audit entry ' || r.seq || ' tells of it: ' || r.said::text
         ELSE (SELECT string_agg(k || ' is ' || coalesce(p.says ->> k, 'missing') || ', was '
                   || coalesce(r.said ->> k, 'missing') || ' (audit entry ' || r.seq || ')', '; ' ORDER BY k)
               FROM jsonb_object_keys(p.says) AS k WHERE (p.says -> k) IS DISTINCT FROM (r.said -> k))
    END AS detail
FROM posted p
FULL JOIN recorded r ON r.chain_id = p.shop_id AND r.said ->> 'entry' = p.id
WHERE p.says IS DISTINCT FROM r.said
LIMIT 101";

/// Every account that an entry names exists, in the currency of the entry.
const ACCOUNTS: &str = "
SELECT 'ACCOUNT' AS problem, e.shop_id AS shop, side.account::text AS record,
    'named by ledger entry ' || e.id || ' in ' || e.currency AS detail
FROM ledger_entries e
CROSS JOIN LATERAL (VALUES (e.debit_account_id), (e.credit_account_id)) AS side (account)
LEFT JOIN ledger_accounts a ON a.id = side.account AND a.currency = e.currency
WHERE a.id IS NULL
LIMIT 101";

/// The balances of all accounts of one currency add up to zero.
const SUMS: &str = "
SELECT 'UNBALANCED' AS problem, NULL::uuid AS shop, coalesce(b.currency, '') AS record,
    'the balances add up to ' || sum(b.balance) || ' minor units' AS detail
FROM (
    SELECT a.id, a.currency, sum(m.amount) AS balance
    FROM ledger_accounts a
    JOIN (SELECT credit_account_id AS account, amount_minor AS amount FROM ledger_entries
          UNION ALL
          SELECT debit_account_id, -amount_minor FROM ledger_entries) m ON m.account = a.id
    GROUP BY a.id, a.currency
) b
GROUP BY b.currency
HAVING sum(b.balance) <> 0
LIMIT 101";

/// Every approved refund has an entry of its own with the same amount, and no other refund has one.
const REFUNDS: &str = "
SELECT 'REFUND' AS problem, r.shop_id AS shop, r.id::text AS record,
    CASE WHEN e.id IS NULL THEN 'approved, but its ledger entry is not there'
         WHEN r.state <> 'APPROVED' THEN 'is ' || r.state || ', but has a ledger entry'
         WHEN r.twice > 1 THEN 'shares its ledger entry with another refund'
         ELSE 'is ' || r.amount_minor || ' ' || r.currency || ', its ledger entry is a ' || e.kind || ' of '
              || e.amount_minor || ' ' || e.currency END AS detail
FROM (SELECT *, count(*) OVER (PARTITION BY shop_id, ledger_entry_id) AS twice FROM refunds
      WHERE state = 'APPROVED' OR ledger_entry_id IS NOT NULL) r
LEFT JOIN ledger_entries e ON e.shop_id = r.shop_id AND e.id = r.ledger_entry_id
WHERE e.id IS NULL OR r.state <> 'APPROVED' OR r.twice > 1
   OR (e.kind, e.amount_minor, e.currency) IS DISTINCT FROM ('REFUND', r.amount_minor, r.currency)
LIMIT 101";

/// Every entry that gives money back belongs to an approved refund.
const REFUND_ENTRIES: &str = "
SELECT 'REFUND_ENTRY' AS problem, e.shop_id AS shop, e.id::text AS record,
    'gives back ' || e.amount_minor || ' ' || e.currency || ' for ' || e.reference || ', but no approved refund has it'
        AS detail
FROM ledger_entries e
LEFT JOIN refunds r ON r.shop_id = e.shop_id AND r.ledger_entry_id = e.id AND r.state = 'APPROVED'
WHERE e.kind = 'REFUND' AND r.id IS NULL
LIMIT 101";

/// What an order says is refunded is the sum of its approved refunds.
const ORDERS: &str = "
SELECT 'ORDER' AS problem, o.shop_id AS shop, o.id::text AS record,
    'says ' || o.refunded_minor || ' is refunded, its approved refunds are ' || coalesce(s.minor, 0) AS detail
FROM orders o
LEFT JOIN (SELECT shop_id, order_id, sum(amount_minor) AS minor FROM refunds WHERE state = 'APPROVED'
           GROUP BY shop_id, order_id) s ON s.shop_id = o.shop_id AND s.order_id = o.id
WHERE o.refunded_minor <> coalesce(s.minor, 0)
LIMIT 101";
