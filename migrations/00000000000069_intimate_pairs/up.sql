-- What is counted of a relation belongs to the two people: ending it and opening another gave a second month and three more
-- changes of the cap (requirement 0.9).

-- Which relation of the two it is, in the order in which they were opened.
ALTER TABLE intimate_pays ADD COLUMN nth integer NOT NULL DEFAULT 1 CHECK (nth > 0);
UPDATE intimate_pays p SET nth = n.nth
FROM (SELECT payer_account_id, id, row_number() OVER (
        PARTITION BY payer_account_id, beneficiary_account_id ORDER BY ended_at NULLS LAST, opened_at, id) AS nth
      FROM intimate_pays) n
WHERE (p.payer_account_id, p.id) = (n.payer_account_id, n.id) AND n.nth > 1;
CREATE UNIQUE INDEX intimate_pays_nth ON intimate_pays (payer_account_id, beneficiary_account_id, nth);

-- Another counter of the same thing, as `permissions::quota::Counter::named` makes it.
CREATE FUNCTION quota_counter_named(id uuid, name text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(set_byte(set_byte(substring(h FROM 1 FOR 16),
            6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
    FROM (SELECT sha256('kith-counter'::bytea || uuid_send(id) || convert_to(name, 'UTF8')) AS h) hashed
$$;

WITH renamed AS (
    SELECT p.payer_account_id AS owner, k.from_id, k.to_id FROM intimate_pays p
    CROSS JOIN LATERAL (VALUES
        (p.id, p.beneficiary_account_id),
        (quota_counter_named(p.id, 'emergency'), quota_counter_named(p.beneficiary_account_id, 'emergency')),
        (quota_counter_named(p.id, 'cap changes'), quota_counter_named(p.beneficiary_account_id, 'cap changes'))
    ) AS k (from_id, to_id)
), gone AS (
    DELETE FROM quota_usage q USING renamed r WHERE q.owner_id = r.owner AND q.counter_id = r.from_id
    RETURNING q.owner_id, r.to_id, q.quota_window, q.starts_on, q.amount_minor, q.uses
)
INSERT INTO quota_usage (owner_id, counter_id, quota_window, starts_on, amount_minor, uses)
SELECT owner_id, to_id, quota_window, starts_on, sum(amount_minor)::bigint, sum(uses)::bigint
FROM gone GROUP BY owner_id, to_id, quota_window, starts_on;
