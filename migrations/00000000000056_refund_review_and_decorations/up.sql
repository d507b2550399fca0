-- Refunds that are looked at before they are approved, where the shop demands it; the shop's pages, version by version.
ALTER TABLE shops ADD COLUMN refund_review boolean NOT NULL DEFAULT false;
ALTER TABLE refunds ADD COLUMN reviewed_by text, ADD COLUMN reviewed_at timestamptz;

-- A version is never changed: going back is one version more.
CREATE TABLE decorations (
    shop_id    uuid NOT NULL REFERENCES shops,
    version    integer NOT NULL CHECK (version >= 1),
    document   jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, version)
);
