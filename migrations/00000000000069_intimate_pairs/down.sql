-- What was counted of two people goes to their newest relation: which part of it was an earlier one's is not known.
WITH renamed AS (
    SELECT p.payer_account_id AS owner, k.from_id, k.to_id
    FROM (SELECT DISTINCT ON (payer_account_id, beneficiary_account_id) * FROM intimate_pays
          ORDER BY payer_account_id, beneficiary_account_id, nth DESC) p
    CROSS JOIN LATERAL (VALUES
        (p.beneficiary_account_id, p.id),
        (quota_counter_named(p.beneficiary_account_id, 'emergency'), quota_counter_named(p.id, 'emergency')),
        (quota_counter_named(p.beneficiary_account_id, 'cap changes'), quota_counter_named(p.id, 'cap changes'))
    ) AS k (from_id, to_id)
)
UPDATE quota_usage q SET counter_id = r.to_id FROM renamed r WHERE q.owner_id = r.owner AND q.counter_id = r.from_id;
DROP FUNCTION quota_counter_named(uuid, text);
DROP INDEX intimate_pays_nth;
ALTER TABLE intimate_pays DROP COLUMN nth;
