-- Bound phone numbers and e-mail addresses: sealed, with a keyed hash beside them.
CREATE TABLE contacts (
    account_id uuid NOT NULL REFERENCES accounts,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('PHONE', 'EMAIL')),
    value      bytea NOT NULL,
    value_key  bytea NOT NULL,
    bound_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);

-- Global uniqueness has its own small table (design, decision 10): one account for a number.
CREATE TABLE contact_keys (
    value_key  bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    contact_id uuid NOT NULL
);
