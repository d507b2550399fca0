DROP INDEX notifications_by_seq;
ALTER TABLE notifications DROP COLUMN channel;
ALTER TABLE notifications DROP COLUMN seq;
DROP TABLE inboxes;
DROP TABLE notification_messages;
DROP TABLE notification_mutes;
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
DROP TABLE account_restrictions;
DROP FUNCTION restriction_changed;
