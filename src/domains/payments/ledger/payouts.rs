//! What `kith ledger verify` compares of what was paid out to charity organisations.

/// Every pay-out is its ledger entry, and what the sales that it covers say was paid out of their gifts; and no entry pays out without.
pub(super) const PAYOUTS: &str = "
SELECT 'PAYOUT' AS problem, NULL::uuid AS book, coalesce(p.organisation_id, e.book_id)::text AS record,
    CASE WHEN p.id IS NULL THEN 'ledger entry ' || e.id || ' pays out ' || e.amount_minor || ' ' || e.currency
             || ', but no pay-out has it'
         WHEN e.id IS NULL THEN 'its pay-out ' || p.id || ' has no ledger entry'
         ELSE 'its pay-out ' || p.id || ' says ' || p.amount_minor || ' ' || p.currency || ', its ledger entry ' || e.amount_minor
             || ' ' || e.currency || ', its ' || p.sales || ' sales ' || coalesce(o.minor, 0) || ' of ' || coalesce(o.sales, 0)
    END AS detail
FROM charity_payouts p
FULL JOIN (SELECT * FROM ledger_entries WHERE kind = 'DONATION_PAID_OUT') e
    ON e.book_id = p.organisation_id AND e.id = p.ledger_entry_id
LEFT JOIN (SELECT charity_organisation_id, donation_payout_id, currency, sum(donation_paid_minor) AS minor, count(*) AS sales
           FROM orders WHERE donation_payout_id IS NOT NULL
           GROUP BY charity_organisation_id, donation_payout_id, currency) o
    ON o.charity_organisation_id = p.organisation_id AND o.donation_payout_id = p.id AND o.currency = p.currency
WHERE p.id IS NULL OR e.id IS NULL OR (p.amount_minor, p.currency) IS DISTINCT FROM (e.amount_minor, e.currency)
    OR p.amount_minor <> coalesce(o.minor, 0) OR p.sales <> coalesce(o.sales, 0)
LIMIT 101";
