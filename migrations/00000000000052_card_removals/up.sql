-- Cards that their owners have removed and that the vault is to forget. The row, with the token, goes when it has.
CREATE TABLE card_removals (
    account_id   uuid NOT NULL,
    method_id    uuid NOT NULL,
    -- The vault's token, sealed.
    token        bytea NOT NULL,
    tries        integer NOT NULL DEFAULT 0,
    available_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, method_id),
    FOREIGN KEY (account_id, method_id) REFERENCES payment_methods
);
CREATE INDEX card_removals_due ON card_removals (available_at, method_id);
