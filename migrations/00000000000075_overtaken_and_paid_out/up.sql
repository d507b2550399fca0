-- A request for money back that the platform was quicker than is closed as overtaken (requirement 2.12).
ALTER TABLE refunds DROP CONSTRAINT refunds_state_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_state_check
    CHECK (state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL', 'APPROVED', 'REJECTED', 'OVERTAKEN'));

-- What charity items gave goes out to the organisation, once no dispute can take it back any more (requirement 4.14). An order says
-- which pay-out has its gift, and how much that was: refunds after it leave the gift where it is.
CREATE TABLE charity_payouts (
    organisation_id uuid NOT NULL REFERENCES charity_organisations,
    id              uuid NOT NULL,
    currency        text NOT NULL,
    amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
    sales           bigint NOT NULL CHECK (sales > 0),
    reference       text,
    ledger_entry_id uuid NOT NULL,
    paid_by         text NOT NULL,
    paid_at         timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id)
);
ALTER TABLE orders
    ADD COLUMN donation_paid_minor bigint CHECK (donation_paid_minor BETWEEN 0 AND donation_minor),
    ADD COLUMN donation_payout_id uuid,
    ADD CONSTRAINT orders_paid_out CHECK ((donation_payout_id IS NULL) = (donation_paid_minor IS NULL)),
    -- The sales are marked before the pay-out says how much they came to.
    ADD FOREIGN KEY (charity_organisation_id, donation_payout_id) REFERENCES charity_payouts DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX orders_to_pay_out ON orders (charity_organisation_id, currency, settled_at, id)
    WHERE donation_minor > 0 AND donation_payout_id IS NULL AND state = 'PAID';
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind CHECK (kind IN (
    'ORDER_PAID', 'REFUND', 'CARD_REFUNDED', 'REFUND_TO_BALANCE', 'TOP_UP',
    'DEPOSIT_PAID', 'DEPOSIT_COMPENSATION', 'DEPOSIT_DEDUCTION', 'DEPOSIT_RETURN',
    'RED_PACKET_FUNDED', 'RED_PACKET_CLAIMED', 'RED_PACKET_RETURNED', 'DONATION', 'DONATION_RETURNED',
    'ORDER_SETTLED', 'FUNDS_WITHDRAWN', 'SET_ASIDE', 'DONATION_PAID_OUT'));

-- Which operators have seen a question whole: only they answer it (requirement 2.4).
CREATE TABLE verification_looks (
    owner_id        uuid NOT NULL,
    verification_id uuid NOT NULL,
    operator_id     uuid NOT NULL,
    opened_at       timestamptz NOT NULL,
    PRIMARY KEY (owner_id, verification_id, operator_id),
    FOREIGN KEY (owner_id, verification_id) REFERENCES verifications ON DELETE CASCADE
);

-- Photos are kept so long after their answer; what nobody answers lapses, and is not found by the age of its session.
DROP INDEX person_sessions_with_photos;
CREATE INDEX person_sessions_with_photos ON person_sessions (created_at, id) WHERE photo_deleted_at IS NULL;
