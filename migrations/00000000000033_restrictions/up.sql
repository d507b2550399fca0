-- Accounts whose operations wait until they are confirmed (requirement 3.13); channels of notifications that somebody switched
-- off (3.12); and the order in which an inbox grew, for those who listen to it.

CREATE TABLE account_restrictions (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    reason     text NOT NULL,
    since      timestamptz NOT NULL
);

-- What an actor is made of: a change moves the account's version, so that kept actors fall at once on every replica.
CREATE FUNCTION restriction_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_accounts(ARRAY[OLD.account_id, NEW.account_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER restriction_changed AFTER INSERT OR UPDATE OR DELETE ON account_restrictions
    FOR EACH ROW EXECUTE FUNCTION restriction_changed();

-- As migration 30 has it, with the restriction.
CREATE OR REPLACE VIEW session_subjects AS
SELECT s.token_hash, s.id AS session_id, s.account_id, s.client, s.expires_at, s.stepped_up_at, a.login, a.kind,
       u.name AS sub_account_name, u.shop_id, u.id AS sub_account_id, p.rank AS seat_rank,
       sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, COALESCE(e.epoch, a.version) AS version,
       r.account_id IS NOT NULL AS restricted
FROM sessions s
LEFT JOIN shops sh ON sh.id = s.shop_id
LEFT JOIN sub_accounts u ON u.shop_id = s.shop_id AND u.id = s.sub_account_id AND u.state = 'ACTIVE'
LEFT JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
LEFT JOIN permission_epochs e ON e.shop_id = u.shop_id
LEFT JOIN account_restrictions r ON r.account_id = s.account_id
JOIN accounts a ON a.id = COALESCE(s.account_id, sh.main_account_id) AND a.state = 'ACTIVE'
WHERE s.ended_at IS NULL AND (s.sub_account_id IS NULL OR u.id IS NOT NULL);

-- Security cannot be switched off.
CREATE TABLE notification_mutes (
    account_id uuid NOT NULL REFERENCES accounts,
    channel    text NOT NULL CHECK (channel IN ('TRANSACTIONS', 'ACTIVITIES')),
    muted_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, channel)
);

-- Which channels an account gets by text message or e-mail as well. Alarms about its security it gets in any case.
CREATE TABLE notification_messages (
    account_id uuid NOT NULL REFERENCES accounts,
    channel    text NOT NULL CHECK (channel IN ('TRANSACTIONS', 'ACTIVITIES')),
    PRIMARY KEY (account_id, channel)
);

-- How many messages an inbox has had. The row is locked while messages are put in, so that their numbers are in the order of the
-- commits: whoever has read up to one has missed none before it.
CREATE TABLE inboxes (
    account_id uuid PRIMARY KEY REFERENCES accounts,
    head       bigint NOT NULL
);
ALTER TABLE notifications ADD COLUMN seq bigint;
ALTER TABLE notifications ADD COLUMN channel text NOT NULL DEFAULT 'ACTIVITIES';
ALTER TABLE notifications ALTER COLUMN channel DROP DEFAULT;
CREATE INDEX notifications_by_seq ON notifications (account_id, seq);
