-- What payments need beside the world of `bench seed`: payers with a balance and relatives who pay with it, and orders that
-- wait to be paid, each once. {relations}, {orders} and {hash} are put in by `src/load/paying.rs`. Buyers are taken in pairs:
-- the first pays, the second buys. References are not checked while it is written; they are true.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE TABLE bench_relations AS
WITH people AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM accounts WHERE kind = 'PERSON' ORDER BY id LIMIT 2 * {relations}
)
SELECT payer.n / 2 AS number, payer.id AS payer, relative.id AS relative, gen_random_uuid() AS relation,
    gen_random_uuid() AS link, gen_random_uuid() AS method
FROM people payer JOIN people relative ON relative.n = payer.n + 1 WHERE payer.n % 2 = 0;

INSERT INTO payment_passwords (account_id, hash, set_at, tries, window_ends_at)
SELECT unnest(ARRAY[payer, relative]), '{hash}', now(), 0, now() FROM bench_relations;
INSERT INTO payment_methods (account_id, id, kind, state, label, handle, handle_key, created_at, verified_at)
SELECT payer, method, 'BALANCE', 'ACTIVE', 'p***@example.com', 'x', decode(md5(payer::text), 'hex'), now(), now()
FROM bench_relations;
INSERT INTO family_links (inviter_account_id, id, relation, relative_name, token_hash, state, invited_at, expires_at,
    relative_account_id, decided_at)
SELECT payer, link, 'PARENT', 'Dad', sha256(link::text::bytea), 'ACCEPTED', now(), now() + interval '7 days', relative, now()
FROM bench_relations;
INSERT INTO intimate_pays (payer_account_id, id, family_link_id, beneficiary_account_id, state, currency, time_zone,
    monthly_cap_minor, per_payment_minor, allowed_categories, blocked_categories, methods, opened_at)
SELECT payer, relation, link, relative, 'ACTIVE', 'CNY', 'Asia/Shanghai', 1000000000000, 1000000, '{}', '{games}',
    ARRAY[method], now()
FROM bench_relations;
INSERT INTO ledger_accounts (owner_id, id, kind, currency)
SELECT payer, gen_random_uuid(), 'BALANCE', 'CNY' FROM bench_relations ON CONFLICT DO NOTHING;
UPDATE ledger_accounts a SET balance_minor = 1000000000000
FROM bench_relations r WHERE a.owner_id = r.payer AND a.kind = 'BALANCE' AND a.currency = 'CNY';

-- Orders of any shop: the money of one relation goes to many.
CREATE TABLE bench_pay AS
WITH goods AS (
    SELECT i.shop_id, i.id AS item, i.title, i.price_minor, row_number() OVER (ORDER BY md5(i.id::text)) - 1 AS n,
        count(*) OVER () AS many
    FROM items i JOIN shops s ON s.id = i.shop_id AND s.currency = 'CNY' WHERE i.price_minor <= 1000000
)
SELECT o.n, gen_random_uuid() AS order_id, g.shop_id, g.item, g.title, g.price_minor AS amount, r.*,
    (SELECT a.id FROM ledger_accounts a WHERE a.owner_id = r.payer AND a.kind = 'BALANCE' AND a.currency = 'CNY') AS debit,
    (SELECT a.id FROM ledger_accounts a WHERE a.owner_id = g.shop_id AND a.kind = 'ESCROW' AND a.currency = 'CNY') AS credit
FROM generate_series(1, {orders}) AS o (n)
JOIN goods g ON g.n = o.n % g.many
JOIN bench_relations r ON r.number = o.n % {relations};
ALTER TABLE bench_pay ADD PRIMARY KEY (n);
CREATE SEQUENCE bench_next CACHE 1;
INSERT INTO orders (shop_id, id, buyer_account_id, item_id, item_title, quantity, total_minor, currency, state, placed_at)
SELECT shop_id, order_id, relative, item, title, 1, amount, 'CNY', 'AWAITING_PAYMENT', now() FROM bench_pay;

RESET session_replication_role;
RESET synchronous_commit;
