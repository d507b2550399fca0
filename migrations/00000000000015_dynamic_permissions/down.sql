DELETE FROM quota_usage q
WHERE NOT EXISTS (SELECT 1 FROM permission_grants g WHERE g.shop_id = q.shop_id AND g.id = q.grant_id);
ALTER TABLE quota_usage ADD FOREIGN KEY (shop_id, grant_id) REFERENCES permission_grants;
DROP TABLE shop_services;
DROP TABLE permission_code_periods;
DROP TABLE permission_codes;
