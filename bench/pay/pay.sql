-- What `payWithIntimatePay` asks of the database, by hand, for pgbench: the same statements on the same rows, in the same order
-- and transactions. Who calls, and what is paid, is one look-up, as Kith's of the session is.
SELECT p.order_id, p.shop_id, p.amount, p.payer, p.relative, p.relation, p.method, p.debit, p.credit, p.title,
    gen_random_uuid() AS payment, gen_random_uuid() AS use, gen_random_uuid() AS entry, gen_random_uuid() AS request
FROM (SELECT nextval('bench_next') AS n OFFSET 0) next JOIN bench_pay p USING (n) \gset

-- Whether the key was answered before; each statement up to the transaction stands for itself.
SELECT content_hash, answer FROM idempotency_keys WHERE subject_id = :relative::uuid AND key = :order_id::text LIMIT 1;
-- The try of the payment password is counted, and forgotten.
UPDATE payment_passwords SET tries = CASE WHEN window_ends_at <= now() THEN 1 ELSE tries + 1 END,
    window_ends_at = now() + interval '30 minutes'
WHERE account_id = :relative::uuid AND (window_ends_at <= now() OR tries < 100000) RETURNING hash, set_at, tries, window_ends_at;
UPDATE payment_passwords SET tries = 0 WHERE account_id = :relative::uuid;

BEGIN;
SELECT * FROM intimate_pays
WHERE id = :relation::uuid AND (payer_account_id = :relative::uuid OR beneficiary_account_id = :relative::uuid)
FOR NO KEY UPDATE;
SELECT EXISTS (SELECT * FROM accounts WHERE id = :payer::uuid AND state = 'ACTIVE'
    AND NOT EXISTS (SELECT * FROM account_restrictions WHERE account_id = :payer::uuid));
SELECT * FROM payment_passwords WHERE account_id = ANY (ARRAY[:payer::uuid]);
SELECT set_at FROM payment_passwords WHERE account_id = :relative::uuid;
SELECT o.*, coalesce(i.category, 'general') AS category FROM (SELECT * FROM orders WHERE id = :order_id::uuid FOR UPDATE) o
LEFT JOIN items i ON i.shop_id = o.shop_id AND i.id = o.item_id;
INSERT INTO quota_usage AS q (owner_id, counter_id, quota_window, starts_on, amount_minor, uses)
VALUES (:payer::uuid, :relative::uuid, 'MONTH', date_trunc('month', now())::date, :amount::bigint, 1)
ON CONFLICT (owner_id, counter_id, quota_window, starts_on) DO UPDATE
SET amount_minor = q.amount_minor + excluded.amount_minor, uses = q.uses + 1
WHERE q.amount_minor <= 1000000000000 - excluded.amount_minor AND q.uses < 9223372036854775807;
SELECT * FROM payment_methods WHERE account_id = :payer::uuid AND id = ANY (ARRAY[:method::uuid]);
SELECT * FROM payment_methods WHERE account_id = :payer::uuid AND id = ANY (ARRAY[:method::uuid]);
SELECT state FROM payments
WHERE shop_id = :shop_id::uuid AND subject = :order_id::uuid AND state IN ('PENDING', 'CAPTURED') LIMIT 1;
SELECT id FROM ledger_accounts WHERE owner_id = :payer::uuid AND kind = 'BALANCE' AND currency = 'CNY' LIMIT 1;
SELECT id FROM ledger_accounts WHERE owner_id = :shop_id::uuid AND kind = 'ESCROW' AND currency = 'CNY' LIMIT 1;
SELECT ledger_move(:shop_id::uuid, :entry::uuid, :debit::uuid, :credit::uuid, :amount::bigint, 'CNY', 'ORDER_PAID',
    :order_id::text, now());
INSERT INTO payments (payer_account_id, id, purpose, subject, shop_id, relation_id, amount_minor, currency, state, methods,
    attempt, method_id, method_kind, step, ledger_entry_id, available_at, created_at, settled_at)
VALUES (:payer::uuid, :payment::uuid, 'ORDER', :order_id::uuid, :shop_id::uuid, :relation::uuid, :amount::bigint, 'CNY',
    'CAPTURED', ARRAY[:method::uuid], 1, :method::uuid, 'BALANCE', 'NONE', :entry::uuid, now(), now(), now());
UPDATE orders SET state = 'PAID' WHERE shop_id = :shop_id::uuid AND id = :order_id::uuid AND state = 'AWAITING_PAYMENT';
UPDATE pay_requests SET state = 'LAPSED', decided_at = now() WHERE order_id = :order_id::uuid AND state = 'PENDING' RETURNING *;
UPDATE intimate_uses SET state = 'PAID' WHERE payment_id = :payment::uuid AND state = 'PENDING' RETURNING id;
UPDATE intimate_pays SET uses = uses + 1 WHERE payer_account_id = :payer::uuid AND id = :relation::uuid
RETURNING uses AS seq \gset
INSERT INTO intimate_uses (payer_account_id, id, relation_id, seq, beneficiary_account_id, payment_id, order_id, shop_id,
    title, category, amount_minor, currency, counted, month, state, at)
VALUES (:payer::uuid, :use::uuid, :relation::uuid, :seq::bigint, :relative::uuid, :payment::uuid, :order_id::uuid,
    :shop_id::uuid, :title::text, 'general', :amount::bigint, 'CNY', 'MONTH', date_trunc('month', now())::date, 'PAID', now());
SELECT idempotency_keep(:relative::uuid, :order_id::text, 'payWithIntimatePay', sha256(:order_id::text::bytea),
        jsonb_build_object('used', :use::text, 'payment', :payment::text, 'relation', :relation::text,
            'order', :order_id::text, 'amount', :amount::bigint, 'state', 'CAPTURED', 'title', :title::text), now()),
    outbox_put(ARRAY[gen_random_uuid(), gen_random_uuid(), gen_random_uuid()],
        ARRAY['order.paid', 'payment.captured', 'intimate_pay.used'], ARRAY[:shop_id::uuid, NULL, NULL],
        ARRAY[jsonb_build_object('shop', :shop_id::text, 'order', :order_id::text, 'amount', :amount::bigint),
            jsonb_build_object('payment', :payment::text, 'payer', :payer::text, 'amount', :amount::bigint),
            jsonb_build_object('relation', :relation::text, 'purchase', :use::text,
                'accounts', jsonb_build_array(:payer::text, :relative::text))], now()),
    audit_append(:relative::uuid, (:use::text || :order_id::text)::bytea, now(), :relative::text, 'Buyer', 'payWithIntimatePay',
        :use::text, 'DONE', NULL, NULL, :request::text, '127.0.0.1', 'WEB', :request::uuid,
        jsonb_build_object('relation', :relation::text, 'order', :order_id::text, 'amount', :amount::bigint));
COMMIT;
