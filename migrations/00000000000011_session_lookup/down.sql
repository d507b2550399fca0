DROP VIEW session_subjects;
DROP VIEW seats;

CREATE VIEW seats AS
SELECT sh.main_account_id AS account_id, NULL::uuid AS own_sub_account_id, sh.id AS shop_id,
       NULL::uuid AS sub_account_id, owner.login AS seat_name, 100 AS seat_rank,
       sh.time_zone AS shop_time_zone, sh.currency AS shop_currency, e.epoch
FROM shops sh
JOIN accounts owner ON owner.id = sh.main_account_id AND owner.state = 'ACTIVE'
JOIN permission_epochs e ON e.shop_id = sh.id
UNION ALL
SELECT u.linked_account_id, u.id, u.shop_id, u.id, owner.login || ':' || u.name, p.rank,
       sh.time_zone, sh.currency, e.epoch
FROM sub_accounts u
JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
JOIN shops sh ON sh.id = u.shop_id
JOIN accounts owner ON owner.id = sh.main_account_id AND owner.state = 'ACTIVE'
JOIN permission_epochs e ON e.shop_id = u.shop_id
WHERE u.state = 'ACTIVE';

-- Who a session acts as, and from which seats, in one read: a row per seat; one row without a seat when there is none.
CREATE VIEW session_actors AS
SELECT s.token_hash, s.id AS session_id, s.account_id, s.client, s.expires_at, s.stepped_up_at, a.login, a.kind,
       m.shop_id, m.sub_account_id, m.seat_name, m.seat_rank, m.shop_time_zone, m.shop_currency, m.epoch
FROM sessions s
JOIN accounts a ON a.id = s.account_id AND a.state = 'ACTIVE'
LEFT JOIN seats m ON m.account_id = s.account_id
WHERE s.ended_at IS NULL AND s.sub_account_id IS NULL
UNION ALL
SELECT s.token_hash, s.id, NULL, s.client, s.expires_at, s.stepped_up_at, m.seat_name, 'SUB_ACCOUNT',
       m.shop_id, m.sub_account_id, m.seat_name, m.seat_rank, m.shop_time_zone, m.shop_currency, m.epoch
FROM sessions s
JOIN seats m ON m.shop_id = s.shop_id AND m.own_sub_account_id = s.sub_account_id
WHERE s.ended_at IS NULL AND s.sub_account_id IS NOT NULL;
