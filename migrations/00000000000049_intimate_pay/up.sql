-- Intimate pay (亲密付): a payer's relation with a relative who pays with the payer's money, within limits. The payer stands
-- first in every key (design, decision 10).

-- The payment password of an account (requirement 0.6): a hash, and a lock-out of its own that is counted before anything is
-- compared.
CREATE TABLE payment_passwords (
    account_id     uuid PRIMARY KEY REFERENCES accounts,
    hash           text NOT NULL,
    set_at         timestamptz NOT NULL,
    tries          integer NOT NULL CHECK (tries >= 0),
    window_ends_at timestamptz NOT NULL
);

CREATE TABLE intimate_pays (
    payer_account_id       uuid NOT NULL REFERENCES accounts,
    id                     uuid NOT NULL,
    family_link_id         uuid NOT NULL,
    beneficiary_account_id uuid NOT NULL REFERENCES accounts,
    state                  text NOT NULL CHECK (state IN ('ACTIVE', 'FROZEN', 'ENDED')),
    currency               text NOT NULL,
    -- In which months and hours are counted.
    time_zone              text NOT NULL,
    monthly_cap_minor      bigint NOT NULL CHECK (monthly_cap_minor > 0),
    per_payment_minor      bigint CHECK (per_payment_minor > 0),
    step_up_above_minor    bigint CHECK (step_up_above_minor >= 0),
    -- Nothing listed as allowed: every category that is not blocked.
    allowed_categories     text[] NOT NULL,
    blocked_categories     text[] NOT NULL,
    hours_from             integer CHECK (hours_from BETWEEN 0 AND 1439),
    hours_until            integer CHECK (hours_until BETWEEN 0 AND 1440),
    emergency_category     text,
    emergency_cap_minor    bigint CHECK (emergency_cap_minor > 0),
    -- In the order of preference.
    methods                uuid[] NOT NULL,
    -- How many uses there were: moved with each, under the lock of this row, so that uses have an order without gaps.
    uses                   bigint NOT NULL DEFAULT 0,
    opened_at              timestamptz NOT NULL,
    frozen_at              timestamptz,
    ended_at               timestamptz,
    ended_by               uuid,
    PRIMARY KEY (payer_account_id, id),
    CONSTRAINT intimate_pays_not_oneself CHECK (payer_account_id <> beneficiary_account_id),
    CHECK ((hours_from IS NULL) = (hours_until IS NULL)),
    CHECK ((emergency_category IS NULL) = (emergency_cap_minor IS NULL)),
    CHECK ((state = 'ENDED') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX intimate_pays_by_id ON intimate_pays (id);
CREATE INDEX intimate_pays_by_beneficiary ON intimate_pays (beneficiary_account_id, id);
CREATE INDEX intimate_pays_by_link ON intimate_pays (family_link_id) WHERE state <> 'ENDED';
-- One pays for another once at a time; both may pay for each other.
CREATE UNIQUE INDEX intimate_pays_once ON intimate_pays (payer_account_id, beneficiary_account_id) WHERE state <> 'ENDED';
ALTER TABLE intimate_pays SET (fillfactor = 80);

-- One use of a relation, as its two sides see it. The money is the payment's; here is what was counted, and when.
CREATE TABLE intimate_uses (
    payer_account_id       uuid NOT NULL,
    id                     uuid NOT NULL,
    relation_id            uuid NOT NULL,
    seq                    bigint NOT NULL,
    beneficiary_account_id uuid NOT NULL,
    payment_id             uuid NOT NULL,
    order_id               uuid NOT NULL,
    shop_id                uuid NOT NULL,
    title                  text NOT NULL,
    category               text NOT NULL,
    amount_minor           bigint NOT NULL CHECK (amount_minor > 0),
    given_back_minor       bigint NOT NULL DEFAULT 0,
    currency               text NOT NULL,
    -- Where it was counted: against the month's cap, against the emergency amount, or nowhere because the payer approved it.
    counted                text NOT NULL CHECK (counted IN ('MONTH', 'EMERGENCY', 'REQUEST')),
    month                  date NOT NULL,
    state                  text NOT NULL CHECK (state IN ('PENDING', 'PAID', 'FAILED')),
    at                     timestamptz NOT NULL,
    PRIMARY KEY (payer_account_id, id),
    FOREIGN KEY (payer_account_id, relation_id) REFERENCES intimate_pays,
    UNIQUE (payer_account_id, relation_id, seq),
    -- Never more than was paid (h10), and of what was not paid nothing.
    CONSTRAINT intimate_uses_room CHECK (given_back_minor >= 0 AND given_back_minor <= amount_minor),
    CHECK (state = 'PAID' OR given_back_minor = 0)
);
CREATE UNIQUE INDEX intimate_uses_by_id ON intimate_uses (id);
CREATE UNIQUE INDEX intimate_uses_by_payment ON intimate_uses (payment_id);
CREATE INDEX intimate_uses_by_month ON intimate_uses (payer_account_id, relation_id, month, id);

-- What the limits refuse, sent to the payer (requirement 0.12).
CREATE TABLE pay_requests (
    payer_account_id       uuid NOT NULL,
    id                     uuid NOT NULL,
    relation_id            uuid NOT NULL,
    beneficiary_account_id uuid NOT NULL,
    order_id               uuid NOT NULL,
    title                  text NOT NULL,
    category               text NOT NULL,
    amount_minor           bigint NOT NULL CHECK (amount_minor > 0),
    currency               text NOT NULL,
    refused                text NOT NULL,
    state                  text NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'DECLINED', 'LAPSED')),
    asked_at               timestamptz NOT NULL,
    expires_at             timestamptz NOT NULL,
    decided_at             timestamptz,
    use_id                 uuid,
    PRIMARY KEY (payer_account_id, id),
    FOREIGN KEY (payer_account_id, relation_id) REFERENCES intimate_pays,
    CHECK ((state = 'PENDING') = (decided_at IS NULL)),
    CHECK ((state = 'APPROVED') = (use_id IS NOT NULL))
);
CREATE UNIQUE INDEX pay_requests_by_id ON pay_requests (id);
CREATE INDEX pay_requests_by_relation ON pay_requests (payer_account_id, relation_id, id);
CREATE INDEX pay_requests_due ON pay_requests (expires_at) WHERE state = 'PENDING';
-- One that waits for each order.
CREATE UNIQUE INDEX pay_requests_once ON pay_requests (order_id) WHERE state = 'PENDING';

-- A case that a report opened (requirement 0.11).
CREATE TABLE intimate_cases (
    payer_account_id uuid NOT NULL,
    id               uuid NOT NULL,
    relation_id      uuid NOT NULL,
    use_id           uuid,
    reported_by      uuid NOT NULL,
    reason           text NOT NULL,
    state            text NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
    opened_at        timestamptz NOT NULL,
    closed_at        timestamptz,
    PRIMARY KEY (payer_account_id, id),
    FOREIGN KEY (payer_account_id, relation_id) REFERENCES intimate_pays,
    CHECK ((state = 'OPEN') = (closed_at IS NULL))
);
CREATE INDEX intimate_cases_by_relation ON intimate_cases (payer_account_id, relation_id, id);

-- A link that ends takes what stands on it along, in the same transaction (requirements 0.3, 0.14). The family domain knows
-- nothing of intimate pay, so the table does it.
CREATE FUNCTION family_link_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE intimate_pays p SET state = 'ENDED', ended_at = NEW.ended_at, ended_by = NEW.ended_by
    WHERE p.family_link_id = NEW.id AND p.state <> 'ENDED';
    RETURN NULL;
END $$;
CREATE TRIGGER family_link_ended AFTER UPDATE OF state ON family_links
    FOR EACH ROW WHEN (OLD.state = 'ACCEPTED' AND NEW.state = 'ENDED') EXECUTE FUNCTION family_link_ended();
