-- One-time codes, the messages that carry them, and how often something may be tried.

-- The code that counts now for an account and a purpose: a new one takes the place of the old (requirement 3.4). Kept as a
-- keyed hash, beside that of the number or address it went to.
CREATE TABLE one_time_codes (
    account_id     uuid NOT NULL REFERENCES accounts,
    purpose        text NOT NULL,
    id             uuid NOT NULL,
    target_key     bytea NOT NULL,
    code_hash      bytea NOT NULL,
    message_id     uuid NOT NULL,
    tries          integer NOT NULL CHECK (tries >= 0),
    sends          integer NOT NULL CHECK (sends >= 1),
    window_ends_at timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz,
    PRIMARY KEY (account_id, purpose)
);

-- What is to be sent by text message or e-mail. Recipient and text are sealed, and gone once the message is sent or given up.
CREATE TABLE messages (
    account_id   uuid NOT NULL REFERENCES accounts,
    id           uuid NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('SMS', 'EMAIL')),
    template     text NOT NULL,
    recipient    bytea,
    body         bytea,
    state        text NOT NULL CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'FAILED')),
    failure      text,
    attempts     integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    available_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    sent_at      timestamptz,
    PRIMARY KEY (account_id, id),
    CHECK ((state IN ('SENT', 'FAILED')) = (body IS NULL))
);
CREATE INDEX messages_due ON messages (available_at, id) WHERE state IN ('QUEUED', 'SENDING');
CREATE INDEX messages_by_id ON messages (id);

-- Global counters (design, decision 10): tries by source, by log-in name, by number. The key is a keyed hash.
CREATE TABLE throttles (
    key           bytea PRIMARY KEY,
    used          integer NOT NULL,
    resets_at     timestamptz NOT NULL,
    blocked_until timestamptz
);
CREATE INDEX throttles_by_age ON throttles (resets_at);
