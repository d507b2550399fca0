-- An authenticator (TOTP) as second factor, and the codes for the day that it is lost (requirement 3.14).

-- The secret is sealed. `last_step` is the latest time step of which a code was taken: each is good once.
CREATE TABLE totp_factors (
    account_id   uuid PRIMARY KEY REFERENCES accounts,
    secret       bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    active_since timestamptz,
    last_step    bigint NOT NULL DEFAULT 0
);

-- Kept as keyed hashes.
CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts,
    code_hash  bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
