-- Sessions that are refreshed, the devices they come from, and log-ins that wait for a second factor.

-- Until when a session may be refreshed; its access token (`expires_at`) lives shorter.
ALTER TABLE sessions ADD COLUMN lasts_until timestamptz;
ALTER TABLE sessions ADD COLUMN device_id uuid;
-- What it was last stepped up by; `stepped_up_at` says when.
ALTER TABLE sessions ADD COLUMN step_up_factor text;

-- Every refresh token of a session, the used ones too: one that comes twice was stolen (h34).
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_age ON refresh_tokens (created_at);

-- Devices that an account has logged in from, by the hash of a token that the device keeps.
CREATE TABLE devices (
    account_id    uuid NOT NULL REFERENCES accounts,
    id            uuid NOT NULL,
    token_hash    bytea NOT NULL,
    name          text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, token_hash)
);

-- A log-in that waits for a second factor: it is no session before, so nothing else can mistake it for one. With a contact it
-- waits for the code that was sent there, without one for a code of the account's authenticator.
CREATE TABLE pending_sessions (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    contact_id uuid,
    device_id  uuid,
    -- The hash of the token that the device gave, if any: it may be another account's as well (requirement 1.2).
    device_key bytea,
    name       text NOT NULL,
    client     text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_sessions_by_account ON pending_sessions (account_id);
