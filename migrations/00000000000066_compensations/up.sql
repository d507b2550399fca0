-- What the platform gives back after a dispute is a refund like others, which it decided: so it counts against the order and the
-- payment, and goes to whoever paid.
ALTER TABLE refunds ADD COLUMN by_platform boolean NOT NULL DEFAULT false;

-- Closing a shop asks for orders whose buyers may still lose money.
CREATE INDEX orders_settled ON orders (shop_id, settled_at) WHERE state = 'PAID';
