DROP VIEW session_versions;
DROP VIEW session_subjects;
CREATE VIEW session_subjects AS
SELECT s.token_hash, s.id AS session_id, s.account_id, s.client, s.expires_at, s.stepped_up_at, a.login, a.kind,
       u.name AS sub_account_name, u.shop_id, u.id AS sub_account_id, p.rank AS seat_rank,
       sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, e.epoch
FROM sessions s
LEFT JOIN shops sh ON sh.id = s.shop_id
LEFT JOIN sub_accounts u ON u.shop_id = s.shop_id AND u.id = s.sub_account_id AND u.state = 'ACTIVE'
LEFT JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
LEFT JOIN permission_epochs e ON e.shop_id = u.shop_id
JOIN accounts a ON a.id = COALESCE(s.account_id, sh.main_account_id) AND a.state = 'ACTIVE'
WHERE s.ended_at IS NULL AND (s.sub_account_id IS NULL OR u.id IS NOT NULL);

DROP TRIGGER operator_changed ON platform_grants;
DROP TRIGGER account_changed ON accounts;
DROP TRIGGER account_changes ON accounts;
DROP TRIGGER shop_changed ON shops;
DROP TRIGGER manager_removed ON sub_accounts;
DROP TRIGGER manager_changed ON sub_accounts;
DROP TRIGGER manager_added ON sub_accounts;
DO $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['positions', 'position_permissions', 'position_assignments', 'permission_grants',
                                  'sub_accounts']
    LOOP
        EXECUTE format('DROP TRIGGER staff_added ON %I', source);
        EXECUTE format('DROP TRIGGER staff_changed ON %I', source);
        EXECUTE format('DROP TRIGGER staff_removed ON %I', source);
    END LOOP;
END $$;
DROP FUNCTION operator_changed, account_changed, account_changes, shop_changed, manager_changed, staff_changed;
DROP FUNCTION move_epochs, move_accounts, managers_of;
ALTER TABLE accounts DROP COLUMN version;
DROP SEQUENCE versions;
