-- A command in fewer statements that touch fewer rows. Each function below is the only SQL of what it does; the store of
-- its table calls it. PL/pgSQL, because it keeps its plans.

-- Foreign keys that look a row up and lock it at every insert, and find nothing that is not found otherwise:
-- shops are never deleted, and an entry is posted under a locked order or refund of its shop;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_shop_id_fkey;
-- both accounts are looked at by `ledger_post`, without a lock, because accounts never go; `kith ledger verify` looks again;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_debit_account_id_currency_fkey,
    DROP CONSTRAINT ledger_entries_credit_account_id_currency_fkey;
-- `audit_append` moves the head before it adds the entry, and `kith audit verify` finds entries without a head;
ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_chain_id_fkey;
-- the inbox is written by joining the account.
ALTER TABLE notifications DROP CONSTRAINT notifications_account_id_fkey;

-- A message of an inbox has the id of its event: one index for "newest first" and for "once for each event".
ALTER TABLE notifications DROP COLUMN event_id;

-- An order changes in place when it is refunded, without touching its indexes, if its page has room.
ALTER TABLE orders SET (fillfactor = 90);

-- Delivering an event deletes it, so that the outbox holds what is still to be done and nothing else.
DELETE FROM outbox WHERE delivered_at IS NOT NULL;
ALTER TABLE outbox DROP COLUMN delivered_at;
CREATE INDEX outbox_due ON outbox (available_at, id);

-- The permission epoch of a shop as of now, and not as of the statement that asks: behind a lock that was waited for,
-- the two differ (requirement 5.5).
CREATE FUNCTION epoch_now(shop uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT e.epoch FROM permission_epochs e WHERE e.shop_id = shop);
END $$;

-- The ledger account of an owner, if there is one.
CREATE FUNCTION ledger_account(owner uuid, of_kind text, of_currency text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a.id FROM ledger_accounts a
            WHERE a.owner_id = owner AND a.kind = of_kind AND a.currency = of_currency);
END $$;

-- Posts a movement between two accounts of its currency.
CREATE FUNCTION ledger_post(
    shop uuid, entry uuid, debit uuid, credit uuid, amount bigint, of_currency text, of_kind text, of_reference text,
    posted_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM ledger_accounts a WHERE a.id IN (debit, credit) AND a.currency = of_currency) <> 2 THEN
        RAISE EXCEPTION 'a ledger entry needs two accounts of its currency' USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO ledger_entries
        (shop_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at)
    VALUES (shop, entry, debit, credit, amount, of_currency, of_kind, of_reference, posted_at);
    RETURN true;
END $$;

-- Notes that an amount of an order was given back; fails if that much is not left of it (h10).
CREATE FUNCTION order_give_back(shop uuid, of_order uuid, amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o
    SET refunded_minor = o.refunded_minor + amount,
        state = CASE WHEN o.refunded_minor = o.total_minor - amount THEN 'REFUNDED' ELSE o.state END
    WHERE o.shop_id = shop AND o.id = of_order AND o.refunded_minor <= o.total_minor - amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not that much is left of the order'
            USING ERRCODE = 'check_violation', TABLE = 'orders', CONSTRAINT = 'orders_room';
    END IF;
    RETURN true;
END $$;

-- Notes the approval of a refund; fails if it does not wait for one.
CREATE FUNCTION refund_approve(shop uuid, of_refund uuid, by_whom text, at timestamptz, entry uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE refunds r SET state = 'APPROVED', decided_by = by_whom, decided_at = at, ledger_entry_id = entry
    WHERE r.shop_id = shop AND r.id = of_refund AND r.state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the refund does not wait for an approval' USING ERRCODE = 'check_violation', TABLE = 'refunds';
    END IF;
    RETURN true;
END $$;

-- Keeps the answer of a command with its key; without a key there is nothing to keep. A key that is there already is a
-- unique violation, which undoes the command.
CREATE FUNCTION idempotency_keep(
    subject uuid, of_key text, of_command text, content bytea, of_answer jsonb, at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF of_key IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO idempotency_keys (subject_id, key, command, content_hash, answer, created_at)
    VALUES (subject, of_key, of_command, content, of_answer, at);
    RETURN true;
END $$;
ALTER TABLE idempotency_keys ALTER COLUMN answer SET NOT NULL;

-- Puts events into the outbox, one for each place of the lists.
CREATE FUNCTION outbox_put(ids uuid[], topics text[], shops uuid[], payloads jsonb[], at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. cardinality(ids) LOOP
        INSERT INTO outbox (id, topic, shop_id, payload, created_at, available_at)
        VALUES (ids[n], topics[n], shops[n], payloads[n], at, at);
    END LOOP;
    RETURN true;
END $$;

-- Moves the head of the chain (which puts concurrent writers in order) and puts the entry behind it. The hash covers the
-- one before and the canonical bytes of the entry, which `kith audit verify` makes again from the row. Makes the head of a
-- new chain: of two that try, one does, and the other goes on behind it.
CREATE OR REPLACE FUNCTION audit_append(
    chain uuid, canonical bytea, at timestamptz, actor text, actor_name text, action text, target text, outcome text,
    permission text, grant_id text, session_id text, ip text, client text, request_id uuid, detail jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place  bigint;
    digest bytea;
BEGIN
    LOOP
        UPDATE audit_chains c SET seq = c.seq + 1, hash = sha256(c.hash || canonical) WHERE c.id = chain
        RETURNING c.seq, c.hash INTO place, digest;
        EXIT WHEN FOUND;
        INSERT INTO audit_chains (id, seq, hash) VALUES (chain, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    END LOOP;
    INSERT INTO audit_entries
    VALUES (chain, place, at, actor, actor_name, action, target, outcome, permission, grant_id, session_id, ip, client,
            request_id, detail, digest);
    RETURN place;
END $$;
