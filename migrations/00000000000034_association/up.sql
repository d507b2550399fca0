-- Accounts that may belong together (requirements 1.2 to 1.5). A value is kept as a keyed hash that is bound to its kind, so
-- the table tells nobody's number, address or name, and a hash of one kind matches none of another.
CREATE TABLE association_signals (
    account_id    uuid NOT NULL REFERENCES accounts,
    value_key     bytea NOT NULL,
    id            uuid NOT NULL,
    kind          text NOT NULL
        CHECK (kind IN ('DEVICE', 'IP', 'TOGETHER', 'REAL_NAME', 'PHONE', 'EMAIL', 'ADDRESS')),
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    contested_at  timestamptz,
    -- What an operator said to the contest: true, it counts; false, it never does.
    upheld        boolean,
    PRIMARY KEY (account_id, value_key)
);
CREATE UNIQUE INDEX association_signals_by_id ON association_signals (account_id, id);
-- Whom a value leads to, from the index alone.
CREATE INDEX association_signals_by_value ON association_signals (value_key, account_id)
    INCLUDE (last_seen_at, contested_at, upheld);
CREATE INDEX association_signals_by_age ON association_signals (last_seen_at);

-- How many accounts have a value: global, so a small table of its own (design, decision 10). Counted with the writing.
CREATE TABLE association_degrees (
    value_key bytea PRIMARY KEY,
    degree    integer NOT NULL CHECK (degree >= 0)
);

-- The last log-in of each account on a device: who is logged in at once on one (requirement 1.2).
CREATE TABLE association_logins (
    device_key bytea NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts,
    session_id uuid NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (device_key, account_id)
);
CREATE INDEX association_logins_by_age ON association_logins (device_key, at DESC);

-- Accounts whose owner joined them, with consent on both sides (requirement 1.6). `account_id` is the one that asked.
CREATE TABLE associations (
    account_id uuid NOT NULL REFERENCES accounts,
    id         uuid NOT NULL,
    other_id   uuid NOT NULL REFERENCES accounts,
    state      text NOT NULL CHECK (state IN ('REQUESTED', 'ACCEPTED', 'DECLINED', 'ENDED', 'LAPSED')),
    asked_at   timestamptz NOT NULL,
    decided_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (account_id, id),
    CHECK (account_id <> other_id)
);
CREATE INDEX associations_by_other ON associations (other_id, id);
-- Two accounts have one association at most, whoever asked.
CREATE UNIQUE INDEX associations_of_pair ON associations (LEAST(account_id, other_id), GREATEST(account_id, other_id))
    WHERE state IN ('REQUESTED', 'ACCEPTED');
