CREATE OR REPLACE FUNCTION audit_append(
    chain uuid, canonical bytea, at timestamptz, actor text, actor_name text, action text, target text, outcome text,
    permission text, grant_id text, session_id text, ip text, client text, request_id uuid, detail jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place  bigint;
    digest bytea;
BEGIN
    UPDATE audit_chains c SET seq = c.seq + 1, hash = sha256(c.hash || canonical) WHERE c.id = chain
    RETURNING c.seq, c.hash INTO place, digest;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_entries
    VALUES (chain, place, at, actor, actor_name, action, target, outcome, permission, grant_id, session_id, ip, client,
            request_id, detail, digest);
    RETURN place;
END $$;

DROP FUNCTION outbox_put(uuid[], text[], uuid[], jsonb[], timestamptz);
ALTER TABLE idempotency_keys ALTER COLUMN answer DROP NOT NULL;
DROP FUNCTION idempotency_keep(uuid, text, text, bytea, jsonb, timestamptz);
DROP FUNCTION refund_approve(uuid, uuid, text, timestamptz, uuid);
DROP FUNCTION order_give_back(uuid, uuid, bigint);
DROP FUNCTION ledger_post(uuid, uuid, uuid, uuid, bigint, text, text, text, timestamptz);
DROP FUNCTION ledger_account(uuid, text, text);
DROP FUNCTION epoch_now(uuid);

DROP INDEX outbox_due;
ALTER TABLE outbox ADD COLUMN delivered_at timestamptz;
CREATE INDEX outbox_undelivered ON outbox (available_at, id) WHERE delivered_at IS NULL;

ALTER TABLE orders RESET (fillfactor);

ALTER TABLE notifications ADD COLUMN event_id uuid;
UPDATE notifications SET event_id = id;
ALTER TABLE notifications ALTER COLUMN event_id SET NOT NULL,
    ADD UNIQUE (account_id, event_id),
    ADD FOREIGN KEY (account_id) REFERENCES accounts;

ALTER TABLE audit_entries ADD FOREIGN KEY (chain_id) REFERENCES audit_chains;
ALTER TABLE ledger_entries ADD FOREIGN KEY (shop_id) REFERENCES shops,
    ADD FOREIGN KEY (debit_account_id, currency) REFERENCES ledger_accounts (id, currency),
    ADD FOREIGN KEY (credit_account_id, currency) REFERENCES ledger_accounts (id, currency);
