-- Approvals of refunds that arrive together share a transaction, and what they write is written together. A row costs less than the
-- statement around it: the writes of one approval take 228 µs, those of sixteen 129 each. Every function here does for many what its
-- namesake does for one, and fails if one of them cannot be done; whoever calls it does each alone then. No two of the orders,
-- refunds, payments and accounts are the same, and the caller holds their locks, so none of these waits for a lock; only the last does.

CREATE FUNCTION orders_give_back(shops uuid[], of_orders uuid[], amounts bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE orders o
    SET refunded_minor = o.refunded_minor + t.amount,
        state = CASE WHEN o.refunded_minor = o.total_minor - t.amount THEN 'REFUNDED' ELSE o.state END
    FROM unnest(shops, of_orders, amounts) AS t (shop, id, amount)
    WHERE o.shop_id = t.shop AND o.id = t.id AND o.refunded_minor <= o.total_minor - t.amount;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(of_orders) THEN
        RAISE EXCEPTION 'not that much is left of one of the orders'
            USING ERRCODE = 'check_violation', TABLE = 'orders', CONSTRAINT = 'orders_room';
    END IF;
    RETURN true;
END $$;

-- Only what goes back to a balance: a card is paid back by a job of its own.
CREATE FUNCTION payments_give_back(payers uuid[], of_payments uuid[], amounts bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE payments p SET refunded_minor = p.refunded_minor + t.amount
    FROM unnest(payers, of_payments, amounts) AS t (payer, id, amount)
    WHERE p.payer_account_id = t.payer AND p.id = t.id AND p.state = 'CAPTURED' AND p.method_kind = 'BALANCE'
      AND p.refunded_minor <= p.amount_minor - t.amount;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(of_payments) THEN
        RAISE EXCEPTION 'not that much is left of one of the payments'
            USING ERRCODE = 'check_violation', TABLE = 'payments', CONSTRAINT = 'payments_room';
    END IF;
    RETURN true;
END $$;

-- From escrow, which has no balance of its own, to balances.
CREATE FUNCTION ledger_post_refunds(
    books uuid[], entries uuid[], debits uuid[], credits uuid[], amounts bigint[], currencies text[], refs text[],
    posted_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE ledger_accounts a SET balance_minor = a.balance_minor + t.amount
    FROM unnest(debits, credits, amounts, currencies) AS t (debit, credit, amount, currency)
    JOIN ledger_accounts d ON d.id = t.debit AND d.currency = t.currency AND d.kind = 'ESCROW'
    WHERE a.id = t.credit AND a.currency = t.currency AND a.kind = 'BALANCE'
      AND a.balance_minor <= 9223372036854775807 - t.amount;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(entries) THEN
        RAISE EXCEPTION 'one of the movements does not go from escrow to a balance that has room for it'
            USING ERRCODE = 'check_violation', TABLE = 'ledger_accounts', CONSTRAINT = 'ledger_accounts_full';
    END IF;
    INSERT INTO ledger_entries
        (book_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at)
    SELECT t.book, t.id, t.debit, t.credit, t.amount, t.currency, 'REFUND', t.reference, posted_at
    FROM unnest(books, entries, debits, credits, amounts, currencies, refs)
        AS t (book, id, debit, credit, amount, currency, reference);
    RETURN true;
END $$;

CREATE FUNCTION refunds_approve(shops uuid[], of_refunds uuid[], by_whom text[], at timestamptz, entries uuid[])
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE refunds r SET state = 'APPROVED', decided_by = t.by_whom, decided_at = at, ledger_entry_id = t.entry
    FROM unnest(shops, of_refunds, by_whom, entries) AS t (shop, id, by_whom, entry)
    WHERE r.shop_id = t.shop AND r.id = t.id AND r.state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL');
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(of_refunds) THEN
        RAISE EXCEPTION 'one of the refunds does not wait for an approval'
            USING ERRCODE = 'check_violation', TABLE = 'refunds';
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION idempotency_keep_all(
    subjects uuid[], keys text[], of_command text, contents bytea[], answers jsonb[], at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO idempotency_keys (subject_id, key, command, content_hash, answer, created_at)
    SELECT t.subject, t.key, of_command, t.content, t.answer, at
    FROM unnest(subjects, keys, contents, answers) AS t (subject, key, content, answer);
    RETURN true;
END $$;

CREATE FUNCTION outbox_put_all(ids uuid[], topics text[], shops uuid[], payloads jsonb[], at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (id, topic, shop_id, payload, created_at, available_at)
    SELECT t.id, t.topic, t.shop, t.payload, at, at
    FROM unnest(ids, topics, shops, payloads) AS t (id, topic, shop, payload);
    RETURN true;
END $$;

-- The heads are moved in the order of the chains, so that two groups never wait for each other.
CREATE FUNCTION audit_append_all(
    chains uuid[], canonicals bytea[], at timestamptz, actors text[], actor_names text[], of_action text, targets text[],
    of_outcome text, permissions text[], grant_ids text[], session_ids text[], ips text[], clients text[], request_ids uuid[],
    details jsonb[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    n       integer;
    place   bigint;
    digest  bytea;
    places  bigint[] := array_fill(0::bigint, ARRAY[cardinality(chains)]);
    digests bytea[] := array_fill(''::bytea, ARRAY[cardinality(chains)]);
BEGIN
    FOR n IN SELECT t.n::integer FROM unnest(chains) WITH ORDINALITY AS t (chain, n) ORDER BY t.chain, t.n LOOP
        LOOP
            UPDATE audit_chains c SET seq = c.seq + 1, hash = sha256(c.hash || canonicals[n]) WHERE c.id = chains[n]
            RETURNING c.seq, c.hash INTO place, digest;
            EXIT WHEN FOUND;
            INSERT INTO audit_chains (id, seq, hash) VALUES (chains[n], 0, decode(repeat('00', 32), 'hex'))
            ON CONFLICT DO NOTHING;
        END LOOP;
        places[n] := place;
        digests[n] := digest;
    END LOOP;
    INSERT INTO audit_entries
    SELECT t.chain, t.place, at, t.actor, t.actor_name, of_action, t.target, of_outcome, t.permission, t.grant_id,
        t.session_id, t.ip, t.client, t.request_id, t.detail, t.digest
    FROM unnest(chains, places, actors, actor_names, targets, permissions, grant_ids, session_ids, ips, clients, request_ids, details,
            digests)
        AS t (chain, place, actor, actor_name, target, permission, grant_id, session_id, ip, client, request_id, detail, digest);
    RETURN true;
END $$;
