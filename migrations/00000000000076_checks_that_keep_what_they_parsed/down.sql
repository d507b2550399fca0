ALTER TABLE orders
    DROP CONSTRAINT orders_stand,
    ADD CONSTRAINT orders_quantity_check CHECK (quantity > 0),
    ADD CONSTRAINT orders_total_minor_check CHECK (total_minor > 0),
    ADD CONSTRAINT orders_check CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor),
    ADD CONSTRAINT orders_state CHECK (state IN ('AWAITING_PAYMENT', 'PAID', 'REFUNDED')),
    ADD CONSTRAINT orders_unpaid CHECK (state <> 'AWAITING_PAYMENT' OR refunded_minor = 0),
    ADD CONSTRAINT orders_settled CHECK (settled_at IS NULL OR state <> 'AWAITING_PAYMENT'),
    ADD CONSTRAINT orders_donation CHECK
        (donation_minor BETWEEN 0 AND total_minor AND (donation_minor = 0 OR charity_organisation_id IS NOT NULL)),
    ADD CONSTRAINT orders_check1 CHECK (donation_paid_minor BETWEEN 0 AND donation_minor),
    ADD CONSTRAINT orders_paid_out CHECK ((donation_payout_id IS NULL) = (donation_paid_minor IS NULL));
DROP FUNCTION is_order;
DROP TRIGGER ledger_accounts_stay ON ledger_accounts;
CREATE TRIGGER ledger_accounts_stay BEFORE UPDATE ON ledger_accounts
    FOR EACH ROW WHEN ((OLD.owner_id, OLD.id, OLD.kind, OLD.currency) IS DISTINCT FROM
        (NEW.owner_id, NEW.id, NEW.kind, NEW.currency))
    EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ledger_accounts_stand,
    ADD CONSTRAINT ledger_accounts_kind CHECK (kind IN (
        'OUTSIDE', 'ESCROW', 'BALANCE', 'CLEARING', 'DEPOSIT', 'RED_PACKET', 'DONATION', 'PENALTY', 'UNCLAIMED')),
    ADD CONSTRAINT ledger_accounts_derived CHECK (balance_minor = 0 OR kind NOT IN ('OUTSIDE', 'ESCROW'));
DROP FUNCTION is_ledger_account;
ALTER TABLE ledger_entries
    DROP CONSTRAINT ledger_entries_stand,
    ADD CONSTRAINT ledger_entries_amount_minor_check CHECK (amount_minor > 0),
    ADD CONSTRAINT ledger_entries_check CHECK (debit_account_id <> credit_account_id),
    ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
        'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
        'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
        'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
        'ORDER_SETTLED', 'FUNDS_WITHDRAWN', 'SET_ASIDE', 'DONATION_PAID_OUT'));
DROP FUNCTION is_ledger_entry;
