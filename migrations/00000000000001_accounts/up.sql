-- Accounts: people, enterprises and platform operators; the names they log in by; their sessions.

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    login         text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('PERSON', 'ENTERPRISE', 'OPERATOR')),
    display_name  text NOT NULL,
    password_hash text NOT NULL,
    state         text NOT NULL CHECK (state IN ('ACTIVE', 'DISABLED')),
    time_zone     text NOT NULL,
    created_at    timestamptz NOT NULL
);

-- Global uniqueness has its own small table (design, decision 10). The key is the folded form of the name.
CREATE TABLE login_names (
    name_key   text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts
);

-- A session belongs to an account or to a sub-account, never to both. Only the hash of its token is kept.
CREATE TABLE sessions (
    token_hash     bytea PRIMARY KEY,
    id             uuid NOT NULL UNIQUE,
    account_id     uuid REFERENCES accounts,
    shop_id        uuid,
    sub_account_id uuid,
    client         text NOT NULL,
    ip             text,
    user_agent     text,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    stepped_up_at  timestamptz,
    CHECK ((account_id IS NULL) <> (sub_account_id IS NULL)),
    CHECK ((shop_id IS NULL) = (sub_account_id IS NULL))
);
CREATE INDEX sessions_by_account ON sessions (account_id, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_sub_account ON sessions (shop_id, sub_account_id, id) WHERE ended_at IS NULL;

-- What a platform operator may do. Numbers are those of the permission catalogue.
CREATE TABLE platform_grants (
    account_id uuid NOT NULL REFERENCES accounts,
    permission integer NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, permission)
);
