-- Who somebody is: identities, real-person sessions, questions to verifiers, reviews (requirements 2.1-2.10).

-- The identity of an account. Name and number are sealed; the keyed hashes beside them compare.
CREATE TABLE certifications (
    account_id     uuid PRIMARY KEY REFERENCES accounts,
    method         text NOT NULL CHECK (method IN ('DOCUMENT', 'PAYMENT_ACCOUNT')),
    region         text NOT NULL,
    name           bytea NOT NULL,
    number         bytea NOT NULL,
    number_key     bytea NOT NULL,
    name_key       bytea NOT NULL,
    phone_key      bytea NOT NULL,
    real_name      text NOT NULL CHECK (real_name IN ('WAITING', 'PASSED', 'FAILED')),
    reason         text,
    started_at     timestamptz NOT NULL,
    real_name_at   timestamptz,
    real_person_at timestamptz,
    review_at      timestamptz,
    bad_record     boolean NOT NULL DEFAULT false,
    suspended_at   timestamptz,
    CHECK (real_person_at IS NULL OR real_name = 'PASSED')
);
CREATE INDEX certifications_by_review ON certifications (review_at) WHERE review_at IS NOT NULL;

-- Global uniqueness has its own small table (design, decision 10): one operator for an identity (requirement 2.9).
CREATE TABLE identity_keys (
    number_key bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts
);
CREATE INDEX identity_keys_by_account ON identity_keys (account_id);

-- A gesture that was asked for, and the photo of it. The owner is an account or, with its shop, a sub-account.
CREATE TABLE person_sessions (
    owner_id         uuid NOT NULL,
    id               uuid NOT NULL,
    shop_id          uuid,
    gesture          text NOT NULL,
    state            text NOT NULL CHECK (state IN ('OPEN', 'SUBMITTED', 'PASSED', 'FAILED', 'REPLACED')),
    photo            text,
    reason           text,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    submitted_at     timestamptz,
    decided_at       timestamptz,
    photo_deleted_at timestamptz,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX person_sessions_with_photos ON person_sessions (id) WHERE photo_deleted_at IS NULL;

-- Questions to verifiers, and to operators where verifiers cannot tell. What is asked about is sealed, and gone once it is
-- decided.
CREATE TABLE verifications (
    owner_id     uuid NOT NULL,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('IDENTITY', 'FACE')),
    shop_id      uuid,
    session_id   uuid,
    gesture      text,
    photo        text,
    state        text NOT NULL CHECK (state IN ('WAITING', 'MANUAL', 'PASSED', 'FAILED')),
    claim        bytea,
    attempts     integer NOT NULL DEFAULT 0,
    available_at timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    decided_at   timestamptz,
    decided_by   text,
    reason       text,
    PRIMARY KEY (owner_id, id),
    CHECK ((state IN ('WAITING', 'MANUAL')) = (claim IS NOT NULL)),
    CHECK ((kind = 'FACE') = (session_id IS NOT NULL))
);
CREATE UNIQUE INDEX verifications_by_id ON verifications (id);
CREATE INDEX verifications_due ON verifications (available_at, id) WHERE state = 'WAITING';
CREATE INDEX verifications_manual ON verifications (id) WHERE state = 'MANUAL';

-- Reviews: announced, and passed, failed or lapsed (requirements 2.6-2.9).
CREATE TABLE reviews (
    account_id   uuid NOT NULL REFERENCES accounts,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('PERIODIC', 'RANDOM')),
    state        text NOT NULL CHECK (state IN ('ANNOUNCED', 'PASSED', 'FAILED', 'LAPSED')),
    announced_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    decided_at   timestamptz,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX reviews_open ON reviews (account_id) WHERE state = 'ANNOUNCED';
CREATE INDEX reviews_due ON reviews (due_at) WHERE state = 'ANNOUNCED';

-- Creators (达人): a capability that needs a certified account (requirement 2.1).
CREATE TABLE creators (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    since      timestamptz NOT NULL
);
