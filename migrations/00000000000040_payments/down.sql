CREATE OR REPLACE FUNCTION order_give_back(shop uuid, of_order uuid, amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o
    SET refunded_minor = o.refunded_minor + amount,
        state = CASE WHEN o.refunded_minor = o.total_minor - amount THEN 'REFUNDED' ELSE o.state END
    WHERE o.shop_id = shop AND o.id = of_order AND o.refunded_minor <= o.total_minor - amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not that much is left of the order'
            USING ERRCODE = 'check_violation', TABLE = 'orders', CONSTRAINT = 'orders_room';
    END IF;
    RETURN true;
END $$;
ALTER TABLE items DROP COLUMN category;
ALTER TABLE orders DROP CONSTRAINT orders_unpaid, DROP CONSTRAINT orders_state,
    ADD CONSTRAINT orders_state_check CHECK (state IN ('PAID', 'REFUNDED'));
DROP FUNCTION payment_give_back;
DROP TABLE gateway_jobs, payments, payment_methods;
CREATE OR REPLACE FUNCTION ledger_post(
    shop uuid, entry uuid, debit uuid, credit uuid, amount bigint, of_currency text, of_kind text, of_reference text,
    posted_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM ledger_accounts a WHERE a.id IN (debit, credit) AND a.currency = of_currency) <> 2 THEN
        RAISE EXCEPTION 'a ledger entry needs two accounts of its currency' USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO ledger_entries
        (shop_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at)
    VALUES (shop, entry, debit, credit, amount, of_currency, of_kind, of_reference, posted_at);
    RETURN true;
END $$;
DROP FUNCTION ledger_move;
ALTER TABLE ledger_accounts RESET (fillfactor);
ALTER TABLE ledger_accounts DROP COLUMN balance_minor;
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind,
    ADD CONSTRAINT ledger_accounts_kind_check CHECK (kind IN ('OUTSIDE', 'ESCROW', 'BALANCE'));
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind,
    ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('ORDER_PAID', 'REFUND'));
ALTER TABLE ledger_entries RENAME COLUMN book_id TO shop_id;
