-- Delivery addresses: who takes the parcel in, the phone and the place, sealed as one.
CREATE TABLE delivery_addresses (
    account_id uuid NOT NULL REFERENCES accounts,
    id         uuid NOT NULL,
    place      bytea NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX delivery_addresses_default ON delivery_addresses (account_id) WHERE is_default;

-- Friends: one row for each side, so that each reads its own.
CREATE TABLE friends (
    account_id uuid NOT NULL REFERENCES accounts,
    friend_id  uuid NOT NULL REFERENCES accounts,
    id         uuid NOT NULL,
    state      text NOT NULL CHECK (state IN ('ASKED', 'AWAITS', 'FRIENDS')),
    since      timestamptz NOT NULL,
    PRIMARY KEY (account_id, friend_id),
    CHECK (account_id <> friend_id)
);
CREATE UNIQUE INDEX friends_by_id ON friends (account_id, id);
