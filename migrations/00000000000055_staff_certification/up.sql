-- The certification of sub-accounts (requirements 4.5-4.10).

-- Not certified until `certify_by`: restricted from then on. Those who are there already get their time from now on.
ALTER TABLE sub_accounts ADD COLUMN certified_at timestamptz, ADD COLUMN certify_by timestamptz;
UPDATE sub_accounts SET certify_by = now() + interval '7 days' WHERE linked_account_id IS NULL;

-- How far the certification of a sub-account has come. A new code takes the place of the old.
CREATE TABLE staff_certifications (
    shop_id         uuid NOT NULL,
    sub_account_id  uuid NOT NULL,
    state           text NOT NULL CHECK (state IN ('CODE', 'SCANNED', 'IDENTITY', 'NAMED', 'FACE', 'PASSED')),
    code_hash       bytea UNIQUE,
    code_expires_at timestamptz NOT NULL,
    scanned_by      text,
    name            bytea,
    number          bytea,
    number_key      bytea,
    reason          text,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (shop_id, sub_account_id),
    FOREIGN KEY (shop_id, sub_account_id) REFERENCES sub_accounts
);
-- One identity certifies one sub-account of a shop; it may serve in another (requirement 4.9).
CREATE UNIQUE INDEX staff_identities ON staff_certifications (shop_id, number_key) WHERE number_key IS NOT NULL;
