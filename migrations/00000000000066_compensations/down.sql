DROP INDEX orders_settled;
ALTER TABLE refunds DROP COLUMN by_platform;
