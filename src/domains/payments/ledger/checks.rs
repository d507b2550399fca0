//! What `kith ledger verify` compares, in SQL. It reads what other domains wrote of the same money: orders, refunds,
//! payments.

use super::owners::{CLEARING, OWNERS, QUOTAS, UNCLAIMED};
use super::payouts::PAYOUTS;

/// The checks: each gives rows of (problem, book, record, detail), one more than are named.
pub(super) const CHECKS: &[&str] = &[
    AGAINST_AUDIT,
    ACCOUNTS,
    SUMS,
    BALANCES,
    REFUNDS,
    REFUND_ENTRIES,
    ORDERS,
    PAYMENTS,
    ESCROWS,
    DONATIONS,
    TOTALS,
    PAYOUTS,
    OWNERS,
    CLEARING,
    UNCLAIMED,
    QUOTAS,
];

/// Every entry against the audit trail. Everything is compared as text, so that nothing that was put into an audit entry
/// by hand can stop the comparison.
const AGAINST_AUDIT: &str = "
WITH recorded AS (
    SELECT a.chain_id, a.seq, m.value AS told, CASE jsonb_typeof(m.value)
        WHEN 'object' THEN jsonb_build_object('book', a.chain_id) || m.value ELSE m.value END AS said
    FROM audit_entries a
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(a.detail -> 'ledger')
        WHEN 'object' THEN jsonb_build_array(a.detail -> 'ledger')
        WHEN 'array' THEN a.detail -> 'ledger'
        ELSE '[]' END) AS m
    WHERE a.outcome = 'DONE' AND a.detail ? 'ledger'
), posted AS (
    SELECT book_id, id::text AS id, jsonb_build_object('book', book_id, 'entry', id, 'kind', kind, 'reference', reference,
        'debit', debit_account_id, 'credit', credit_account_id, 'amount', amount_minor, 'currency', currency,
        'at', (extract(epoch FROM at) * 1000000)::bigint) AS says
    FROM ledger_entries
)
SELECT CASE WHEN r.said IS NULL THEN 'INSERTED' WHEN p.says IS NULL THEN 'DELETED' ELSE 'EDITED' END AS problem,
    coalesce(p.book_id, r.chain_id) AS book,
    coalesce(p.id, r.said ->> 'entry', '') AS record,
    CASE WHEN r.said IS NULL THEN 'no audit entry tells of it; it says ' || p.says::text
         WHEN p.says IS NULL THEN 'audit entry ' || r.seq || ' tells of it: ' || r.told::text
         ELSE (SELECT string_agg(k || ' is ' || coalesce(p.says ->> k, 'missing') || ', was '
                   || coalesce(r.said ->> k, 'missing') || ' (audit entry ' || r.seq || ')', '; ' ORDER BY k)
               FROM jsonb_object_keys(p.says) AS k WHERE (p.says -> k) IS DISTINCT FROM (r.said -> k))
    END AS detail
FROM posted p
FULL JOIN recorded r ON r.said ->> 'entry' = p.id
WHERE p.says IS DISTINCT FROM r.said
LIMIT 101";

/// Every account that an entry names exists, in the currency of the entry.
const ACCOUNTS: &str = "
SELECT 'ACCOUNT' AS problem, e.book_id AS book, side.account::text AS record,
    'named by ledger entry ' || e.id || ' in ' || e.currency AS detail
FROM ledger_entries e
CROSS JOIN LATERAL (VALUES (e.debit_account_id), (e.credit_account_id)) AS side (account)
LEFT JOIN ledger_accounts a ON a.id = side.account AND a.currency = e.currency
WHERE a.id IS NULL
LIMIT 101";

/// The balances of all accounts of one currency add up to zero.
const SUMS: &str = "
SELECT 'UNBALANCED' AS problem, NULL::uuid AS book, coalesce(b.currency, '') AS record,
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

/// What the row of an account says that it holds is what its entries say.
const BALANCES: &str = "
SELECT 'BALANCE' AS problem, NULL::uuid AS book, a.id::text AS record,
    'its row says ' || a.balance_minor || ' minor units, its entries say ' || coalesce(s.minor, 0) AS detail
FROM ledger_accounts a
LEFT JOIN (SELECT account, sum(amount) AS minor FROM (
        SELECT credit_account_id AS account, amount_minor AS amount FROM ledger_entries
        UNION ALL
        SELECT debit_account_id, -amount_minor FROM ledger_entries) m GROUP BY account) s ON s.account = a.id
WHERE a.kind NOT IN ('OUTSIDE', 'ESCROW') AND a.balance_minor <> coalesce(s.minor, 0)
LIMIT 101";

/// Every captured payment has its entry, and gateway jobs of a card that give back add up to what the payment says.
const PAYMENTS: &str = "
SELECT 'PAYMENT' AS problem, p.shop_id AS book, p.id::text AS record,
    CASE WHEN e.id IS NULL THEN 'is captured, but its ledger entry is not there'
         WHEN (e.amount_minor, e.currency) IS DISTINCT FROM (p.amount_minor, p.currency)
         THEN 'is ' || p.amount_minor || ' ' || p.currency || ', its ledger entry is ' || e.amount_minor || ' ' || e.currency
         ELSE 'says ' || p.refunded_minor || ' went back, its refunds to the card are ' || coalesce(j.minor, 0) END AS detail
FROM payments p
LEFT JOIN ledger_entries e ON e.book_id = p.shop_id AND e.id = p.ledger_entry_id
LEFT JOIN (SELECT payment_id, sum(amount_minor) AS minor FROM gateway_jobs WHERE kind = 'REFUND' GROUP BY payment_id) j
    ON j.payment_id = p.id
WHERE p.state = 'CAPTURED' AND (e.id IS NULL
    OR (e.amount_minor, e.currency) IS DISTINCT FROM (p.amount_minor, p.currency)
    OR (p.method_kind <> 'BALANCE' AND p.refunded_minor <> coalesce(j.minor, 0)))
LIMIT 101";

/// Every approved refund has an entry of its own with the same amount, and no other refund has one.
const REFUNDS: &str = "
SELECT 'REFUND' AS problem, r.shop_id AS book, r.id::text AS record,
    CASE WHEN e.id IS NULL THEN 'approved, but its ledger entry is not there'
         WHEN r.state <> 'APPROVED' THEN 'is ' || r.state || ', but has a ledger entry'
         WHEN r.twice > 1 THEN 'shares its ledger entry with another refund'
         ELSE 'is ' || r.amount_minor || ' ' || r.currency || ', its ledger entry is a ' || e.kind || ' of '
              || e.amount_minor || ' ' || e.currency END AS detail
FROM (SELECT *, count(*) OVER (PARTITION BY shop_id, ledger_entry_id) AS twice FROM refunds
      WHERE state = 'APPROVED' OR ledger_entry_id IS NOT NULL) r
LEFT JOIN ledger_entries e ON e.book_id = r.shop_id AND e.id = r.ledger_entry_id
WHERE e.id IS NULL OR r.state <> 'APPROVED' OR r.twice > 1
   OR (e.amount_minor, e.currency) IS DISTINCT FROM (r.amount_minor, r.currency)
   OR NOT (e.kind = 'REFUND' OR (e.kind = 'DEPOSIT_COMPENSATION' AND r.by_platform))
LIMIT 101";

/// Every entry that gives money back belongs to an approved refund.
const REFUND_ENTRIES: &str = "
SELECT 'REFUND_ENTRY' AS problem, e.book_id AS book, e.id::text AS record,
    'gives back ' || e.amount_minor || ' ' || e.currency || ' for ' || e.reference || ', but no approved refund has it'
        AS detail
FROM ledger_entries e
LEFT JOIN refunds r ON r.shop_id = e.book_id AND r.ledger_entry_id = e.id AND r.state = 'APPROVED'
WHERE e.kind IN ('REFUND', 'DEPOSIT_COMPENSATION') AND r.id IS NULL
LIMIT 101";

/// What an order says is refunded is the sum of its approved refunds.
const ORDERS: &str = "
SELECT 'ORDER' AS problem, o.shop_id AS book, o.id::text AS record,
    'says ' || o.refunded_minor || ' is refunded, its approved refunds are ' || coalesce(s.minor, 0) AS detail
FROM orders o
LEFT JOIN (SELECT shop_id, order_id, sum(amount_minor) AS minor FROM refunds WHERE state = 'APPROVED'
           GROUP BY shop_id, order_id) s ON s.shop_id = o.shop_id AND s.order_id = o.id
WHERE o.refunded_minor <> coalesce(s.minor, 0)
LIMIT 101";

/// What the accounts of a kind hold by their entries.
macro_rules! sums_of {
    ($kind:literal) => {
        concat!(
            "
    SELECT a.owner_id, a.id, a.currency, coalesce(sum(m.amount), 0) AS minor
    FROM ledger_accounts a
    LEFT JOIN (SELECT credit_account_id AS account, amount_minor AS amount FROM ledger_entries
               UNION ALL
               SELECT debit_account_id, -amount_minor FROM ledger_entries) m ON m.account = a.id
    WHERE a.kind = '",
            $kind,
            "'
    GROUP BY a.owner_id, a.id, a.currency
"
        )
    };
}
pub(super) use sums_of;

/// What an escrow holds is what is left of the shop's paid orders that are not settled: after refunds and gifts to charity.
const ESCROWS: &str = concat!(
    "
SELECT 'ESCROW' AS problem, coalesce(a.owner_id, o.shop_id) AS book, coalesce(a.id, o.shop_id)::text AS record,
    'its entries say ' || coalesce(a.minor, 0) || ' minor units, its orders say ' || coalesce(o.minor, 0) AS detail
FROM (",
    sums_of!("ESCROW"),
    ") a
FULL JOIN (
    SELECT shop_id, currency, sum(total_minor - refunded_minor
        - floor(donation_minor::numeric * (total_minor - refunded_minor) / total_minor)) AS minor
    FROM orders WHERE state <> 'AWAITING_PAYMENT' AND settled_at IS NULL GROUP BY shop_id, currency
) o ON o.shop_id = a.owner_id AND o.currency = a.currency
WHERE coalesce(a.minor, 0) <> coalesce(o.minor, 0)
LIMIT 101"
);

/// What a shop's book says of an organisation is what its sales gave, in proportion to what is left of each, rounded down; of those
/// that were paid out, what went out.
const DONATIONS: &str = "
SELECT 'DONATION' AS problem, coalesce(e.book_id, o.shop_id) AS book, coalesce(e.organisation, o.organisation)::text AS record,
    'the entries say ' || coalesce(e.minor, 0) || ' minor units, the sales say ' || coalesce(o.minor, 0) AS detail
FROM (
    SELECT e.book_id, a.owner_id AS organisation, a.currency,
        sum(CASE WHEN e.credit_account_id = a.id THEN e.amount_minor ELSE -e.amount_minor END) AS minor
    FROM ledger_accounts a JOIN ledger_entries e ON a.id IN (e.credit_account_id, e.debit_account_id)
    WHERE a.kind = 'DONATION' AND e.kind <> 'DONATION_PAID_OUT' GROUP BY e.book_id, a.owner_id, a.currency
) e
FULL JOIN (
    SELECT shop_id, charity_organisation_id AS organisation, currency,
        sum(coalesce(donation_paid_minor, floor(donation_minor::numeric * (total_minor - refunded_minor) / total_minor))) AS minor
    FROM orders WHERE donation_minor > 0 AND state <> 'AWAITING_PAYMENT' GROUP BY shop_id, charity_organisation_id, currency
) o ON (o.shop_id, o.organisation, o.currency) = (e.book_id, e.organisation, e.currency)
WHERE coalesce(e.minor, 0) <> coalesce(o.minor, 0)
LIMIT 101";

/// The public numbers are what the sales say.
const TOTALS: &str = "
SELECT 'DONATION' AS problem, coalesce(t.shop_id, o.shop_id) AS book, coalesce(t.organisation_id, o.organisation)::text AS record,
    'the public numbers say ' || coalesce(t.donated_minor, 0) || ' minor units of ' || coalesce(t.sales, 0)
        || ' sales, the sales say ' || coalesce(o.minor, 0) || ' of ' || coalesce(o.sales, 0) AS detail
FROM charity_totals t
FULL JOIN (
    SELECT s.shop_id, s.organisation, s.currency, sum(s.minor) AS minor, count(*) FILTER (WHERE s.minor > 0) AS sales
    FROM (SELECT shop_id, charity_organisation_id AS organisation, currency,
              coalesce(donation_paid_minor, floor(donation_minor::numeric * (total_minor - refunded_minor) / total_minor)) AS minor
          FROM orders WHERE donation_minor > 0 AND state <> 'AWAITING_PAYMENT') s
    GROUP BY s.shop_id, s.organisation, s.currency
) o ON (o.shop_id, o.organisation, o.currency) = (t.shop_id, t.organisation_id, t.currency)
WHERE (coalesce(t.donated_minor, 0), coalesce(t.sales, 0)) IS DISTINCT FROM (coalesce(o.minor, 0), coalesce(o.sales, 0))
LIMIT 101";
