-- Settlement: what a buyer paid waits in the shop's escrow until the buyer confirms the receipt or a time is over; then it is
-- the shop's balance.

-- When it is due on its own, and when it happened.
ALTER TABLE orders ADD COLUMN settle_at timestamptz, ADD COLUMN settled_at timestamptz;
ALTER TABLE orders ADD CONSTRAINT orders_settled CHECK (settled_at IS NULL OR state <> 'AWAITING_PAYMENT');
-- What was paid before there was a settlement: as if it had been paid now.
UPDATE orders SET settle_at = now() + interval '10 days' WHERE state = 'PAID';
CREATE INDEX orders_to_settle ON orders (settle_at, id) WHERE state = 'PAID' AND settled_at IS NULL;
CREATE INDEX orders_in_escrow ON orders (shop_id, id) WHERE state = 'PAID' AND settled_at IS NULL;

ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
    'ORDER_SETTLED', 'FUNDS_WITHDRAWN'));

-- Locks accounts whose balance is kept before several movements between them: donations last, as a payment does, the others in
-- the order of their keys, as `ledger_move` does. So no two transactions wait for each other.
CREATE FUNCTION ledger_lock(ids uuid[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM ledger_accounts a WHERE a.id = ANY (ids) AND a.kind NOT IN ('OUTSIDE', 'ESCROW')
    ORDER BY a.kind = 'DONATION', a.id FOR UPDATE;
    RETURN true;
END $$;
