ALTER TABLE quota_usage RENAME COLUMN owner_id TO shop_id;
ALTER TABLE quota_usage RENAME COLUMN counter_id TO grant_id;
