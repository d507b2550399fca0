-- When and how those of a position may log in (requirement 4.20). What is null is not limited.
CREATE TABLE position_login_policies (
    shop_id     uuid NOT NULL,
    position_id uuid NOT NULL,
    from_minute integer CHECK (from_minute BETWEEN 0 AND 1440),
    until_minute integer CHECK (until_minute BETWEEN 0 AND 1440),
    days        integer[],
    clients     text[],
    methods     text[],
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, position_id),
    FOREIGN KEY (shop_id, position_id) REFERENCES positions,
    CHECK ((from_minute IS NULL) = (until_minute IS NULL))
);
