-- What an actor is made of moves a version, whoever changes it and however. A process that keeps an actor asks with every
-- request whether the version still stands, and reads the actor anew when it does not (requirement 5.5, h16, h20).
--
-- A sub-account's actor stands by its shop's permission epoch. An account's stands by the account's own version and by the
-- epochs of the shops that it has seats in. The session's own row (ended, expiry, step-up) is read each time.
--
-- | a change of | moves |
-- |---|---|
-- | positions, position_permissions, position_assignments, permission_grants | the shop's epoch |
-- | sub_accounts | the shop's epoch; the version of the manager's own account, before and after |
-- | shops | the shop's epoch; the versions of its main account, before and after, and of its managers |
-- | accounts: state, log-in name, kind | the account's version; the epochs of its shops and the versions of their managers |
-- | platform_grants | the account's version |

-- Every value is used once, also by a transaction that is rolled back: what somebody compiled inside of it can never be
-- taken for what another transaction made.
CREATE SEQUENCE versions;
SELECT setval('versions', (SELECT COALESCE(max(epoch), 0) + 1 FROM permission_epochs));

ALTER TABLE accounts ADD COLUMN version bigint NOT NULL DEFAULT nextval('versions');

-- Rows are locked in the order of their keys, so that two changes never wait for one another.
CREATE FUNCTION move_epochs(shops uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM permission_epochs e WHERE e.shop_id = ANY (shops) ORDER BY e.shop_id FOR NO KEY UPDATE;
    UPDATE permission_epochs e SET epoch = nextval('versions') WHERE e.shop_id = ANY (shops);
END $$;

CREATE FUNCTION move_accounts(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts a WHERE a.id = ANY (ids) ORDER BY a.id FOR NO KEY UPDATE;
    UPDATE accounts a SET version = nextval('versions') WHERE a.id = ANY (ids);
END $$;

-- Those who manage shops for others, with accounts of their own (requirement 4.19): they lose a seat, and get it back,
-- with the shop's main account.
CREATE FUNCTION managers_of(shops uuid[]) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT DISTINCT u.linked_account_id FROM sub_accounts u
                 WHERE u.shop_id = ANY (shops) AND u.linked_account_id IS NOT NULL)
$$;

-- Rows of the shop in `changed`.
CREATE FUNCTION staff_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_epochs(ARRAY(SELECT DISTINCT shop_id FROM changed));
    RETURN NULL;
END $$;

DO $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['positions', 'position_permissions', 'position_assignments', 'permission_grants',
                                  'sub_accounts']
    LOOP
        EXECUTE format('CREATE TRIGGER staff_added AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
        EXECUTE format('CREATE TRIGGER staff_changed AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
        EXECUTE format('CREATE TRIGGER staff_removed AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
    END LOOP;
END $$;

-- The seats that a manager has with an account of their own (requirement 4.19).
CREATE FUNCTION manager_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_accounts(ARRAY[OLD.linked_account_id, NEW.linked_account_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER manager_added AFTER INSERT ON sub_accounts
    FOR EACH ROW WHEN (NEW.linked_account_id IS NOT NULL) EXECUTE FUNCTION manager_changed();
CREATE TRIGGER manager_changed AFTER UPDATE ON sub_accounts
    FOR EACH ROW WHEN (OLD.linked_account_id IS NOT NULL OR NEW.linked_account_id IS NOT NULL)
    EXECUTE FUNCTION manager_changed();
CREATE TRIGGER manager_removed AFTER DELETE ON sub_accounts
    FOR EACH ROW WHEN (OLD.linked_account_id IS NOT NULL) EXECUTE FUNCTION manager_changed();

CREATE FUNCTION shop_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_epochs(ARRAY[OLD.id, NEW.id]);
    PERFORM move_accounts(ARRAY[OLD.main_account_id, NEW.main_account_id] || managers_of(ARRAY[OLD.id, NEW.id]));
    RETURN NULL;
END $$;
CREATE TRIGGER shop_changed AFTER INSERT OR UPDATE OR DELETE ON shops
    FOR EACH ROW EXECUTE FUNCTION shop_changed();

CREATE FUNCTION account_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval('versions');
    RETURN NEW;
END $$;
CREATE TRIGGER account_changes BEFORE UPDATE OF state, login, kind ON accounts
    FOR EACH ROW EXECUTE FUNCTION account_changes();
CREATE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own uuid[] := ARRAY(SELECT s.id FROM shops s WHERE s.main_account_id = NEW.id);
BEGIN
    PERFORM move_epochs(own);
    PERFORM move_accounts(managers_of(own));
    RETURN NULL;
END $$;
CREATE TRIGGER account_changed AFTER UPDATE OF state, login, kind ON accounts
    FOR EACH ROW EXECUTE FUNCTION account_changed();

CREATE FUNCTION operator_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_accounts(ARRAY[OLD.account_id, NEW.account_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER operator_changed AFTER INSERT OR UPDATE OR DELETE ON platform_grants
    FOR EACH ROW EXECUTE FUNCTION operator_changed();

-- The look-up gives the version with what it stands for.
DROP VIEW session_subjects;
CREATE VIEW session_subjects AS
SELECT s.token_hash, s.id AS session_id, s.account_id, s.client, s.expires_at, s.stepped_up_at, a.login, a.kind,
       u.name AS sub_account_name, u.shop_id, u.id AS sub_account_id, p.rank AS seat_rank,
       sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, COALESCE(e.epoch, a.version) AS version
FROM sessions s
LEFT JOIN shops sh ON sh.id = s.shop_id
LEFT JOIN sub_accounts u ON u.shop_id = s.shop_id AND u.id = s.sub_account_id AND u.state = 'ACTIVE'
LEFT JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
LEFT JOIN permission_epochs e ON e.shop_id = u.shop_id
JOIN accounts a ON a.id = COALESCE(s.account_id, sh.main_account_id) AND a.state = 'ACTIVE'
WHERE s.ended_at IS NULL AND (s.sub_account_id IS NULL OR u.id IS NOT NULL);

-- The open sessions and the version that each stands by.
CREATE VIEW session_versions AS
SELECT s.token_hash, s.expires_at, s.stepped_up_at, COALESCE(e.epoch, a.version) AS version
FROM sessions s
LEFT JOIN permission_epochs e ON e.shop_id = s.shop_id
LEFT JOIN accounts a ON a.id = s.account_id
WHERE s.ended_at IS NULL;
