-- Payments: a book for every owner, balances that cannot fall below nothing, methods, payments, what is asked of the gateway.

-- A book belongs to a shop or to an account.
ALTER TABLE ledger_entries RENAME COLUMN shop_id TO book_id;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind_check;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED'));

ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind_check;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind
    CHECK (kind IN ('OUTSIDE', 'ESCROW', 'BALANCE', 'CLEARING', 'DEPOSIT', 'RED_PACKET', 'DONATION', 'PENALTY'));

-- What an account holds from which money is spent by its balance: moved by `ledger_move` with each entry, never below nothing.
-- The others are derived only (outside falls below nothing; an escrow is spent by order, and each order has its own room).
ALTER TABLE ledger_accounts ADD COLUMN balance_minor bigint NOT NULL DEFAULT 0;
UPDATE ledger_accounts a SET balance_minor =
    coalesce((SELECT sum(e.amount_minor) FROM ledger_entries e WHERE e.credit_account_id = a.id), 0)
    - coalesce((SELECT sum(e.amount_minor) FROM ledger_entries e WHERE e.debit_account_id = a.id), 0)
WHERE a.kind NOT IN ('OUTSIDE', 'ESCROW');
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_not_below_zero CHECK (balance_minor >= 0);
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_derived
    CHECK (balance_minor = 0 OR kind NOT IN ('OUTSIDE', 'ESCROW'));
-- A balance changes in place, without touching its indexes, if its page has room.
ALTER TABLE ledger_accounts SET (fillfactor = 80);

-- Moves an amount between two accounts of its currency, and the balances that are kept. False: the one holds less.
CREATE FUNCTION ledger_move(
    book uuid, entry uuid, debit uuid, credit uuid, amount bigint, of_currency text, of_kind text, of_reference text,
    posted_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    from_kind text;
    to_kind   text;
BEGIN
    SELECT a.kind INTO from_kind FROM ledger_accounts a WHERE a.id = debit AND a.currency = of_currency;
    SELECT a.kind INTO to_kind FROM ledger_accounts a WHERE a.id = credit AND a.currency = of_currency;
    IF from_kind IS NULL OR to_kind IS NULL THEN
        RAISE EXCEPTION 'a ledger entry needs two accounts of its currency' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF from_kind NOT IN ('OUTSIDE', 'ESCROW') THEN
        IF to_kind NOT IN ('OUTSIDE', 'ESCROW') THEN
            -- In the order of the keys, so that two movements between the same two do not wait for each other.
            PERFORM FROM ledger_accounts a WHERE a.id IN (debit, credit) ORDER BY a.id FOR UPDATE;
        END IF;
        UPDATE ledger_accounts a SET balance_minor = a.balance_minor - amount
        WHERE a.id = debit AND a.currency = of_currency AND a.balance_minor >= amount;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    IF to_kind NOT IN ('OUTSIDE', 'ESCROW') THEN
        UPDATE ledger_accounts a SET balance_minor = a.balance_minor + amount
        WHERE a.id = credit AND a.currency = of_currency AND a.balance_minor <= 9223372036854775807 - amount;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the account cannot hold that much more'
                USING ERRCODE = 'check_violation', TABLE = 'ledger_accounts', CONSTRAINT = 'ledger_accounts_full';
        END IF;
    END IF;
    INSERT INTO ledger_entries
        (book_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at)
    VALUES (book, entry, debit, credit, amount, of_currency, of_kind, of_reference, posted_at);
    RETURN true;
END $$;

-- The same, for a movement that must happen.
CREATE OR REPLACE FUNCTION ledger_post(
    shop uuid, entry uuid, debit uuid, credit uuid, amount bigint, of_currency text, of_kind text, of_reference text,
    posted_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ledger_move(shop, entry, debit, credit, amount, of_currency, of_kind, of_reference, posted_at) THEN
        RAISE EXCEPTION 'the account holds less'
            USING ERRCODE = 'check_violation', TABLE = 'ledger_accounts', CONSTRAINT = 'ledger_accounts_not_below_zero';
    END IF;
    RETURN true;
END $$;

-- What an account pays with. A payment account (Alipay-style) is the balance; a card is what the vault knows by its token.
CREATE TABLE payment_methods (
    account_id   uuid NOT NULL REFERENCES accounts,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('BALANCE', 'DEBIT_CARD', 'CREDIT_CARD')),
    state        text NOT NULL CHECK (state IN ('PENDING', 'ACTIVE', 'REMOVED')),
    label        text NOT NULL,
    -- The log-in name at the payment account, sealed, with its keyed hash; the vault's token of a card, sealed.
    handle       bytea,
    handle_key   bytea,
    token        bytea,
    brand        text,
    last_four    text CHECK (last_four ~ '^[0-9]{4}$'),
    expiry_year  integer,
    expiry_month integer CHECK (expiry_month BETWEEN 1 AND 12),
    created_at   timestamptz NOT NULL,
    verified_at  timestamptz,
    removed_at   timestamptz,
    PRIMARY KEY (account_id, id),
    CHECK ((kind = 'BALANCE') = (last_four IS NULL)),
    CHECK (state <> 'ACTIVE' OR verified_at IS NOT NULL)
);
CREATE UNIQUE INDEX payment_methods_by_id ON payment_methods (id);
-- One payment account for each account, and one account for each payment account.
CREATE UNIQUE INDEX payment_accounts_one ON payment_methods (account_id) WHERE kind = 'BALANCE' AND state <> 'REMOVED';
CREATE UNIQUE INDEX payment_accounts_taken ON payment_methods (handle_key) WHERE kind = 'BALANCE' AND state = 'ACTIVE';

CREATE TABLE payments (
    payer_account_id uuid NOT NULL REFERENCES accounts,
    id               uuid NOT NULL,
    purpose          text NOT NULL CHECK (purpose IN ('ORDER', 'DEPOSIT')),
    subject          uuid NOT NULL,
    shop_id          uuid NOT NULL,
    -- Intimate pay's relation, of which payments knows nothing else.
    relation_id      uuid,
    amount_minor     bigint NOT NULL CHECK (amount_minor > 0),
    refunded_minor   bigint NOT NULL DEFAULT 0,
    currency         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('PENDING', 'CAPTURED', 'FAILED')),
    methods          uuid[] NOT NULL,
    -- The place of the method that paid, or is being tried, from 1.
    attempt          integer NOT NULL CHECK (attempt BETWEEN 1 AND cardinality(methods)),
    method_id        uuid NOT NULL,
    method_kind      text NOT NULL,
    -- What is to be asked of the gateway next, and the gateway's name for what it authorised.
    step             text NOT NULL CHECK (step IN ('AUTHORISE', 'CAPTURE', 'NONE')),
    reference        text,
    failure          text,
    ledger_entry_id  uuid,
    tries            integer NOT NULL DEFAULT 0,
    -- Whether a try of this step may have reached the gateway.
    uncertain        boolean NOT NULL DEFAULT false,
    available_at     timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    settled_at       timestamptz,
    PRIMARY KEY (payer_account_id, id),
    CONSTRAINT payments_room CHECK (refunded_minor >= 0 AND refunded_minor <= amount_minor),
    CHECK (refunded_minor = 0 OR state = 'CAPTURED'),
    CHECK ((state = 'CAPTURED') = (ledger_entry_id IS NOT NULL)),
    CHECK ((state = 'PENDING') = (settled_at IS NULL)),
    CHECK ((state = 'PENDING') = (step <> 'NONE'))
);
CREATE UNIQUE INDEX payments_by_id ON payments (id);
-- One payment at a time for a bill, and one that is paid stays paid.
CREATE UNIQUE INDEX payments_live ON payments (shop_id, subject) WHERE state IN ('PENDING', 'CAPTURED');
CREATE INDEX payments_due ON payments (available_at, id) WHERE state = 'PENDING';
CREATE INDEX payments_by_relation ON payments (payer_account_id, relation_id, id) WHERE relation_id IS NOT NULL;

-- What is to be asked of the gateway besides: money that goes back to a card, holds that are to be let go.
CREATE TABLE gateway_jobs (
    payer_account_id uuid NOT NULL,
    id               uuid NOT NULL,
    payment_id       uuid NOT NULL,
    shop_id          uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('REFUND', 'VOID')),
    -- The gateway's key of what was authorised, and its name for it.
    authorised_key   text NOT NULL,
    reference        text,
    amount_minor     bigint NOT NULL CHECK (amount_minor > 0),
    currency         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('PENDING', 'DONE', 'REFUSED')),
    failure          text,
    tries            integer NOT NULL DEFAULT 0,
    available_at     timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    settled_at       timestamptz,
    PRIMARY KEY (payer_account_id, id),
    FOREIGN KEY (payer_account_id, payment_id) REFERENCES payments,
    CHECK ((state = 'PENDING') = (settled_at IS NULL))
);
CREATE INDEX gateway_jobs_due ON gateway_jobs (available_at, id) WHERE state = 'PENDING';

-- Notes that an amount of a payment goes back; fails if that much is not left of it (h10). To a card it goes by the worker.
CREATE FUNCTION payment_give_back(payer uuid, of_payment uuid, refund uuid, amount bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    paid payments%ROWTYPE;
BEGIN
    UPDATE payments p SET refunded_minor = p.refunded_minor + amount
    WHERE p.payer_account_id = payer AND p.id = of_payment AND p.state = 'CAPTURED'
      AND p.refunded_minor <= p.amount_minor - amount
    RETURNING * INTO paid;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not that much is left of the payment'
            USING ERRCODE = 'check_violation', TABLE = 'payments', CONSTRAINT = 'payments_room';
    END IF;
    IF paid.method_kind <> 'BALANCE' THEN
        INSERT INTO gateway_jobs (payer_account_id, id, payment_id, shop_id, kind, authorised_key, reference, amount_minor,
            currency, state, available_at, created_at)
        VALUES (payer, refund, of_payment, paid.shop_id, 'REFUND', of_payment::text || '-' || paid.attempt, paid.reference, amount,
            paid.currency, 'PENDING', at, at);
    END IF;
    RETURN true;
END $$;

-- Orders wait to be paid.
ALTER TABLE orders DROP CONSTRAINT orders_state_check;
ALTER TABLE orders ADD CONSTRAINT orders_state CHECK (state IN ('AWAITING_PAYMENT', 'PAID', 'REFUNDED'));
ALTER TABLE orders ADD CONSTRAINT orders_unpaid CHECK (state <> 'AWAITING_PAYMENT' OR refunded_minor = 0);
-- What an item is: decides about deposits, and about what intimate pay may buy.
ALTER TABLE items ADD COLUMN category text NOT NULL DEFAULT 'general';

CREATE OR REPLACE FUNCTION order_give_back(shop uuid, of_order uuid, amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o
    SET refunded_minor = o.refunded_minor + amount,
        state = CASE WHEN o.refunded_minor = o.total_minor - amount THEN 'REFUNDED' ELSE o.state END
    WHERE o.shop_id = shop AND o.id = of_order AND o.state <> 'AWAITING_PAYMENT'
      AND o.refunded_minor <= o.total_minor - amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not that much is left of the order'
            USING ERRCODE = 'check_violation', TABLE = 'orders', CONSTRAINT = 'orders_room';
    END IF;
    RETURN true;
END $$;
