DROP INDEX accounts_deleted;
-- Accounts and entries are never deleted: those of the kinds that go are not looked at.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
    'ORDER_SETTLED', 'FUNDS_WITHDRAWN')) NOT VALID;
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind CHECK (kind IN (
    'OUTSIDE', 'ESCROW', 'BALANCE', 'CLEARING', 'DEPOSIT', 'RED_PACKET', 'DONATION', 'PENALTY')) NOT VALID;
