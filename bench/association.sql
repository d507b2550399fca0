-- Fills a database for bench/association: 1,000,000 accounts and 5,000,000 signals of the population, the same every time, and
-- twenty accounts that are as hard to look up as any can be. Runs between the tables and their indexes (bench/association).
SELECT setseed(0.42);

CREATE FUNCTION acct(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

INSERT INTO accounts (id, login, kind, display_name, password_hash, state, time_zone, created_at)
SELECT acct(n), 'a' || n, 'PERSON', 'a' || n, '', 'ACTIVE', 'UTC', '2026-01-01' FROM generate_series(1, 1000000) n;

-- Five signals each. The first 100,000 accounts log in from the network of one school, the next 50,000 from those of ten; all
-- others from their household's, which is of three. Households share an address; every tenth account shares its device within
-- the household; names are of 40,000, the commonest of which 25,000 people have; numbers are their own.
INSERT INTO association_signals (account_id, value_key, id, kind, first_seen_at, last_seen_at)
SELECT acct(n), sha256(v::bytea), gen_random_uuid(), k, at, at FROM (
    SELECT n, k, CASE k
            WHEN 'IP' THEN CASE WHEN n <= 100000 THEN 'ip-school' WHEN n <= 150000 THEN 'ip-school-' || n % 10
                ELSE 'ip-' || n / 3 END
            WHEN 'ADDRESS' THEN 'address-' || n / 3
            WHEN 'DEVICE' THEN CASE WHEN n % 10 = 0 THEN 'device-' || n / 3 || '-' || n / 30 ELSE 'device-of-' || n END
            WHEN 'REAL_NAME' THEN 'name-' || (CASE WHEN n % 40 = 0 THEN 0 ELSE n % 40000 END)
            ELSE 'phone-of-' || n END AS v,
        timestamptz '2026-11-20' - random() * interval '400 days' AS at
    FROM generate_series(1, 1000000) n CROSS JOIN unnest(ARRAY['IP', 'ADDRESS', 'DEVICE', 'REAL_NAME', 'PHONE']) k
    ORDER BY n, k) rows;

-- The hardest: accounts 1,000 to 1,019 have 200 values more, each shared with 49 others.
INSERT INTO association_signals (account_id, value_key, id, kind, first_seen_at, last_seen_at)
SELECT acct(CASE WHEN other = 0 THEN 1000 + busy ELSE 200000 + busy * 10000 + value * 49 + other END),
    sha256(('crowd-' || busy || '-' || value)::bytea), gen_random_uuid(), 'ADDRESS', '2026-11-20', '2026-11-20'
FROM generate_series(0, 19) busy, generate_series(1, 200) value, generate_series(0, 49) other;

INSERT INTO association_degrees SELECT value_key, count(*) FROM association_signals GROUP BY value_key;
