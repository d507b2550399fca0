//! What `kith ledger verify` compares of whose money it is: accounts with the payments, refunds and campaigns that moved it, what is
//! on its way to cards with what the gateway is asked, what is set aside with who is gone, and what was counted of limits with what
//! was paid.

use super::checks::sums_of;

/// Every account belongs to whom the records of its entries say: the owner of the book, who paid, who funded.
pub(super) const OWNERS: &str = "
SELECT DISTINCT ON (a.id) 'OWNER' AS problem, said.book AS book, a.id::text AS record,
    'the ' || a.kind || ' is of ' || a.owner_id || ', ledger entry ' || said.entry || ' (' || said.kind || ') says of '
        || said.owner AS detail
FROM (
    SELECT e.book_id AS book, e.id AS entry, e.kind, e.debit_account_id AS account, e.book_id AS owner
    FROM ledger_entries e
    WHERE e.kind IN ('TOP_UP', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'ORDER_SETTLED', 'FUNDS_WITHDRAWN', 'DONATION',
        'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN', 'DONATION_PAID_OUT', 'SET_ASIDE')
    UNION ALL
    SELECT e.book_id, e.id, e.kind, e.credit_account_id, e.book_id
    FROM ledger_entries e
    WHERE e.kind IN ('TOP_UP', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'ORDER_PAID', 'ORDER_SETTLED', 'DEPOSIT_PAID',
        'DONATION_RETURNED', 'DONATION_PAID_OUT', 'SET_ASIDE')
    UNION ALL
    SELECT e.book_id, e.id, e.kind, e.debit_account_id, p.payer_account_id
    FROM ledger_entries e JOIN payments p ON p.shop_id = e.book_id AND p.ledger_entry_id = e.id
    WHERE e.kind IN ('ORDER_PAID', 'DEPOSIT_PAID')
    UNION ALL
    SELECT e.book_id, e.id, e.kind, e.credit_account_id, coalesce(p.payer_account_id, r.buyer_account_id)
    FROM ledger_entries e JOIN refunds r ON r.shop_id = e.book_id AND r.ledger_entry_id = e.id
    LEFT JOIN payments p ON p.shop_id = r.shop_id AND p.subject = r.order_id AND p.state = 'CAPTURED'
    WHERE e.kind = 'REFUND'
    UNION ALL
    SELECT e.book_id, e.id, e.kind, e.credit_account_id, s.main_account_id
    FROM ledger_entries e JOIN shops s ON s.id = e.book_id
    WHERE e.kind IN ('FUNDS_WITHDRAWN', 'DEPOSIT_RETURN')
    UNION ALL
    SELECT e.book_id, e.id, e.kind, CASE e.kind WHEN 'RED_PACKET_FUNDED' THEN e.debit_account_id ELSE e.credit_account_id END,
        CASE e.kind WHEN 'RED_PACKET_CLAIMED' THEN share.buyer_id ELSE p.funder_id END
    FROM ledger_entries e
    JOIN ledger_accounts held
        ON held.id = CASE e.kind WHEN 'RED_PACKET_FUNDED' THEN e.credit_account_id ELSE e.debit_account_id END
    JOIN red_packets p ON p.shop_id = e.book_id AND p.id = held.owner_id
    LEFT JOIN red_packet_shares share ON share.packet_id = p.id
        AND share.number::text = substring(e.reference FROM '-([0-9]+)$')
    WHERE e.kind IN ('RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED')
) said
JOIN ledger_accounts a ON a.id = said.account
WHERE a.owner_id <> said.owner
ORDER BY a.id, said.entry
LIMIT 101";

/// What is on its way to cards is what the gateway is still asked to give back: a job that was marked as done by hand leaves
/// money that nobody sends.
pub(super) const CLEARING: &str = concat!(
    "
SELECT 'CLEARING' AS problem, coalesce(a.owner_id, j.payer_account_id) AS book,
    coalesce(a.id, j.payer_account_id)::text AS record,
    'holds ' || coalesce(a.minor, 0) || ' minor units, refunds under way to cards are ' || coalesce(j.minor, 0) AS detail
FROM (",
    sums_of!("CLEARING"),
    ") a
FULL JOIN (
    SELECT payer_account_id, currency, sum(amount_minor) AS minor FROM gateway_jobs
    WHERE kind = 'REFUND' AND state = 'PENDING' GROUP BY payer_account_id, currency
) j ON j.payer_account_id = a.owner_id AND j.currency = a.currency
WHERE coalesce(a.minor, 0) <> coalesce(j.minor, 0)
LIMIT 101"
);

/// What is set aside came from the balance of somebody who is gone: so nobody's money is hidden there (h36).
pub(super) const UNCLAIMED: &str = "
SELECT DISTINCT ON (a.id) 'UNCLAIMED' AS problem, a.owner_id AS book, a.id::text AS record,
    CASE WHEN o.state IS DISTINCT FROM 'DELETED' THEN 'is set aside of an account that is there'
         ELSE 'ledger entry ' || e.id || ' is a ' || e.kind || ' from a ' || coalesce(f.kind, 'lost account') END AS detail
FROM ledger_accounts a
LEFT JOIN accounts o ON o.id = a.owner_id
LEFT JOIN ledger_entries e ON a.id IN (e.credit_account_id, e.debit_account_id)
LEFT JOIN ledger_accounts f ON f.id = e.debit_account_id
WHERE a.kind = 'UNCLAIMED' AND (o.state IS DISTINCT FROM 'DELETED' OR e.id IS NOT NULL
    AND (e.kind <> 'SET_ASIDE' OR f.owner_id IS DISTINCT FROM a.owner_id OR f.kind IS DISTINCT FROM 'BALANCE'))
ORDER BY a.id, e.id
LIMIT 101";

/// What was counted of what a relative may spend in a month is what was paid of it less what came back.
pub(super) const QUOTAS: &str = "
SELECT 'QUOTA' AS problem, coalesce(q.payer, u.payer) AS book, coalesce(q.relative, u.relative)::text AS record,
    coalesce(q.counted, u.counted) || ' of ' || to_char(coalesce(q.month, u.month), 'YYYY-MM') || ' says '
        || coalesce(q.minor, 0) || ' minor units, the purchases say ' || coalesce(u.minor, 0) AS detail
FROM (
    SELECT pair.payer, pair.relative, counter.counted, q.starts_on AS month, q.amount_minor AS minor
    FROM (SELECT DISTINCT payer_account_id AS payer, beneficiary_account_id AS relative FROM intimate_pays) pair
    CROSS JOIN LATERAL (VALUES
        ('MONTH', pair.relative), ('EMERGENCY', quota_counter_named(pair.relative, 'emergency'))) AS counter (counted, id)
    JOIN quota_usage q ON q.owner_id = pair.payer AND q.counter_id = counter.id AND q.quota_window = 'MONTH'
) q
FULL JOIN (
    SELECT payer_account_id AS payer, beneficiary_account_id AS relative, counted, month,
        sum(amount_minor - given_back_minor) AS minor
    FROM intimate_uses WHERE state <> 'FAILED' AND counted <> 'REQUEST'
    GROUP BY payer_account_id, beneficiary_account_id, counted, month
) u ON (u.payer, u.relative, u.counted, u.month) = (q.payer, q.relative, q.counted, q.month)
WHERE coalesce(q.minor, 0) <> coalesce(u.minor, 0)
LIMIT 101";
