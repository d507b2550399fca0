-- Tokens with which a third-party service asks for decisions. Kept as hashes; a token is looked up before anything is known
-- of its shop, so the hash is the key.
CREATE TABLE service_tokens (
    token_hash bytea PRIMARY KEY,
    id         uuid NOT NULL UNIQUE,
    service    text NOT NULL,
    -- The shop that issued it and the only one it asks about; NULL: an operator did, and it asks about every shop that has
    -- the service.
    shop_id    uuid REFERENCES shops,
    label      text NOT NULL,
    issued_by  text NOT NULL,
    issued_at  timestamptz NOT NULL,
    revoked_by text,
    revoked_at timestamptz
);
CREATE INDEX service_tokens_of_shop ON service_tokens (shop_id, service, issued_at) WHERE shop_id IS NOT NULL;
