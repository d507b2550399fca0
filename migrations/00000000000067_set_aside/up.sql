-- Money that comes back to somebody who is gone (h36): a refund of a settled order, a refund that its card refuses. It came to a
-- balance that nobody can spend; from there it is set aside, still as that account's.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind CHECK (kind IN (
    'OUTSIDE', 'ESCROW', 'BALANCE', 'CLEARING', 'DEPOSIT', 'RED_PACKET', 'DONATION', 'PENALTY', 'UNCLAIMED'));
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
    'ORDER_SETTLED', 'FUNDS_WITHDRAWN', 'SET_ASIDE'));

-- The worker looks for balances of whoever is gone. Those of the living are not looked at.
CREATE INDEX accounts_deleted ON accounts (id) WHERE state = 'DELETED';
