-- What is counted need not be a shop's grant: a payer's relation is another owner and another counter (requirement 0.9).
ALTER TABLE quota_usage RENAME COLUMN shop_id TO owner_id;
ALTER TABLE quota_usage RENAME COLUMN grant_id TO counter_id;
