DROP VIEW session_subjects;
CREATE VIEW session_subjects AS
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
DROP TRIGGER staff_removed ON position_login_policies;
DROP TRIGGER staff_changed ON position_login_policies;
DROP TRIGGER staff_added ON position_login_policies;
