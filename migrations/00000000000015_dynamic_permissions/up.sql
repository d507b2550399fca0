-- The permissions that third-party services bring. A number is a bit in every set and is never used again, so rows are never
-- deleted: a code whose service is gone is dormant.
CREATE TABLE permission_codes (
    number       integer PRIMARY KEY CHECK (number BETWEEN 1024 AND 65534),
    code         text NOT NULL UNIQUE,
    service      text NOT NULL,
    parent       text,
    ordinal      integer NOT NULL,
    title_en     text NOT NULL,
    title_zh     text NOT NULL,
    help         text NOT NULL,
    heading      boolean NOT NULL,
    money        boolean NOT NULL,
    high_risk    boolean NOT NULL,
    -- When it became high-risk without having been so before: what a seller agreed to earlier does not cover it.
    risk_grew_at timestamptz,
    state        text NOT NULL CHECK (state IN ('ACTIVE', 'DORMANT')),
    changed_at   timestamptz NOT NULL
);
CREATE INDEX permission_codes_by_service ON permission_codes (service, ordinal);

-- When a code was active, for questions about a past moment (requirement 5.10).
CREATE TABLE permission_code_periods (
    number     integer NOT NULL REFERENCES permission_codes,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz,
    PRIMARY KEY (number, valid_from)
);
CREATE UNIQUE INDEX permission_code_periods_current ON permission_code_periods (number) WHERE valid_to IS NULL;

-- The services whose codes count in a shop. Closed, never deleted.
CREATE TABLE shop_services (
    shop_id      uuid NOT NULL REFERENCES shops,
    service      text NOT NULL,
    valid_from   timestamptz NOT NULL,
    valid_to     timestamptz,
    consented_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, service, valid_from)
);
CREATE UNIQUE INDEX shop_services_current ON shop_services (shop_id, service) WHERE valid_to IS NULL;
CREATE INDEX shop_services_by_service ON shop_services (service) WHERE valid_to IS NULL;

-- A service can oblige a limit that adds up where there is no grant: it is counted under a key of the holder and the code.
ALTER TABLE quota_usage DROP CONSTRAINT quota_usage_shop_id_grant_id_fkey;
