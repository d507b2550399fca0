-- The ledger. An entry moves one amount from one account to another, so that it balances by its shape: there is no
-- way to write half of it. Balances are derived; rows are never changed (the trigger) and `kith ledger verify`
-- compares each with the audit entry that was chained when it was written.

CREATE TABLE ledger_accounts (
    owner_id uuid NOT NULL,
    id       uuid NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('OUTSIDE', 'ESCROW', 'BALANCE')),
    currency text NOT NULL,
    PRIMARY KEY (owner_id, id),
    UNIQUE (owner_id, kind, currency),
    UNIQUE (id, currency)
);

CREATE TABLE ledger_entries (
    shop_id           uuid NOT NULL REFERENCES shops,
    id                uuid NOT NULL,
    debit_account_id  uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text NOT NULL,
    kind              text NOT NULL CHECK (kind IN ('ORDER_PAID', 'REFUND')),
    reference         text NOT NULL,
    at                timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id),
    CHECK (debit_account_id <> credit_account_id),
    -- Both sides in the currency of the entry.
    FOREIGN KEY (debit_account_id, currency) REFERENCES ledger_accounts (id, currency),
    FOREIGN KEY (credit_account_id, currency) REFERENCES ledger_accounts (id, currency)
);
CREATE INDEX ledger_entries_by_debit ON ledger_entries (debit_account_id, id);
CREATE INDEX ledger_entries_by_credit ON ledger_entries (credit_account_id, id);
-- One movement per reason: a refund or an order is never paid twice, whatever the code does.
CREATE UNIQUE INDEX ledger_entries_once ON ledger_entries (shop_id, kind, reference);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
