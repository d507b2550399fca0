DROP TABLE decorations;
ALTER TABLE refunds DROP COLUMN reviewed_by, DROP COLUMN reviewed_at;
ALTER TABLE shops DROP COLUMN refund_review;
