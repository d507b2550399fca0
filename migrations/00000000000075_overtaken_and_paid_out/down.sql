DROP INDEX person_sessions_with_photos;
CREATE INDEX person_sessions_with_photos ON person_sessions (id) WHERE photo_deleted_at IS NULL;
DROP TABLE verification_looks;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind;
-- What was paid out stays in the books.
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
    'ORDER_SETTLED', 'FUNDS_WITHDRAWN', 'SET_ASIDE')) NOT VALID;
ALTER TABLE orders DROP COLUMN donation_paid_minor, DROP COLUMN donation_payout_id;
DROP TABLE charity_payouts;
UPDATE refunds SET state = 'REJECTED', rejection_reason = 'overtaken' WHERE state = 'OVERTAKEN';
ALTER TABLE refunds DROP CONSTRAINT refunds_state_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_state_check
    CHECK (state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL', 'APPROVED', 'REJECTED'));
