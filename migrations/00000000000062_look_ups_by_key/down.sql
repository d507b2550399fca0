CREATE OR REPLACE VIEW session_versions AS
SELECT s.token_hash, s.expires_at, s.stepped_up_at, COALESCE(e.epoch, a.version) AS version
FROM sessions s
LEFT JOIN permission_epochs e ON e.shop_id = s.shop_id
LEFT JOIN accounts a ON a.id = s.account_id
WHERE s.ended_at IS NULL;

CREATE OR REPLACE VIEW seats AS
SELECT sh.main_account_id AS account_id, sh.id AS shop_id, NULL::uuid AS sub_account_id, owner.login AS seat_name,
       100 AS seat_rank, sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, e.epoch
FROM shops sh
JOIN accounts owner ON owner.id = sh.main_account_id AND owner.state = 'ACTIVE'
JOIN permission_epochs e ON e.shop_id = sh.id
UNION ALL
SELECT u.linked_account_id, u.shop_id, u.id, owner.login || ':' || u.name, p.rank, sh.time_zone, sh.currency, e.epoch
FROM sub_accounts u
JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
JOIN shops sh ON sh.id = u.shop_id
JOIN accounts owner ON owner.id = sh.main_account_id AND owner.state = 'ACTIVE'
JOIN permission_epochs e ON e.shop_id = u.shop_id
WHERE u.state = 'ACTIVE';
