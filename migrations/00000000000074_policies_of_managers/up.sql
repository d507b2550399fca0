-- A manager with an account of their own stands under the log-in policy of their position with every request (requirements 4.19,
-- 4.20). What an actor is made of moves the version that it stands by: a changed policy moves the shop's epoch.
CREATE TRIGGER staff_added AFTER INSERT ON position_login_policies REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();
CREATE TRIGGER staff_changed AFTER UPDATE ON position_login_policies REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();
CREATE TRIGGER staff_removed AFTER DELETE ON position_login_policies REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();

-- As migration 33 has it, with how the session was opened.
CREATE OR REPLACE VIEW session_subjects AS
SELECT s.token_hash, s.id AS session_id, s.account_id, s.client, s.expires_at, s.stepped_up_at, a.login, a.kind,
       u.name AS sub_account_name, u.shop_id, u.id AS sub_account_id, p.rank AS seat_rank,
       sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, COALESCE(e.epoch, a.version) AS version,
       r.account_id IS NOT NULL AS restricted, s.method
FROM sessions s
LEFT JOIN shops sh ON sh.id = s.shop_id
LEFT JOIN sub_accounts u ON u.shop_id = s.shop_id AND u.id = s.sub_account_id AND u.state = 'ACTIVE'
LEFT JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
LEFT JOIN permission_epochs e ON e.shop_id = u.shop_id
LEFT JOIN account_restrictions r ON r.account_id = s.account_id
JOIN accounts a ON a.id = COALESCE(s.account_id, sh.main_account_id) AND a.state = 'ACTIVE'
WHERE s.ended_at IS NULL AND (s.sub_account_id IS NULL OR u.id IS NOT NULL);
