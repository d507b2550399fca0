-- Staff and what they may do. Everything that a permission follows from keeps its past (requirement 5.10):
-- rows are closed by `valid_to` or `revoked_at`, never deleted.

-- The counter that a change of permissions moves; the session look-up returns it (design, decision 3).
CREATE TABLE permission_epochs (
    shop_id uuid PRIMARY KEY REFERENCES shops,
    epoch   bigint NOT NULL
);

CREATE TABLE positions (
    shop_id     uuid NOT NULL REFERENCES shops,
    id          uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('CUSTOMER_SERVICE', 'SUPERVISOR', 'OPERATIONS', 'FINANCE', 'OTHER')),
    name        text NOT NULL,
    rank        integer NOT NULL CHECK (rank BETWEEN 1 AND 99),
    created_at  timestamptz NOT NULL,
    archived_at timestamptz,
    PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX positions_by_name ON positions (shop_id, name) WHERE archived_at IS NULL;

CREATE TABLE position_permissions (
    shop_id     uuid NOT NULL,
    position_id uuid NOT NULL,
    permission  integer NOT NULL,
    locked      boolean NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz,
    PRIMARY KEY (shop_id, position_id, permission, valid_from),
    FOREIGN KEY (shop_id, position_id) REFERENCES positions
);
CREATE UNIQUE INDEX position_permissions_current ON position_permissions (shop_id, position_id, permission)
    WHERE valid_to IS NULL;

-- A sub-account logs in as `main:sub` with its own password, or is the seat of a manager who logs in with an account
-- of their own (requirement 4.19).
CREATE TABLE sub_accounts (
    shop_id           uuid NOT NULL REFERENCES shops,
    id                uuid NOT NULL,
    name              text NOT NULL,
    name_key          text NOT NULL,
    display_name      text NOT NULL,
    position_id       uuid NOT NULL,
    password_hash     text,
    linked_account_id uuid REFERENCES accounts,
    state             text NOT NULL CHECK (state IN ('ACTIVE', 'INVITED', 'DEPARTED')),
    created_at        timestamptz NOT NULL,
    departed_at       timestamptz,
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, name_key),
    FOREIGN KEY (shop_id, position_id) REFERENCES positions,
    CHECK (password_hash IS NULL OR linked_account_id IS NULL)
);
CREATE INDEX sub_accounts_by_linked_account ON sub_accounts (linked_account_id, shop_id)
    WHERE linked_account_id IS NOT NULL;
CREATE UNIQUE INDEX sub_accounts_by_id ON sub_accounts (id);

-- Which position a sub-account held when: open while it is active, closed when it moves or departs.
CREATE TABLE position_assignments (
    shop_id        uuid NOT NULL,
    sub_account_id uuid NOT NULL,
    position_id    uuid NOT NULL,
    valid_from     timestamptz NOT NULL,
    valid_to       timestamptz,
    PRIMARY KEY (shop_id, sub_account_id, valid_from),
    FOREIGN KEY (shop_id, sub_account_id) REFERENCES sub_accounts,
    FOREIGN KEY (shop_id, position_id) REFERENCES positions
);
CREATE UNIQUE INDEX position_assignments_current ON position_assignments (shop_id, sub_account_id)
    WHERE valid_to IS NULL;

-- A personal grant overrides the position: ALLOW adds a permission (or narrows it by constraints), DENY takes it away.
CREATE TABLE permission_grants (
    shop_id        uuid NOT NULL,
    id             uuid NOT NULL,
    sub_account_id uuid NOT NULL,
    permission     integer NOT NULL,
    effect         text NOT NULL CHECK (effect IN ('ALLOW', 'DENY')),
    constraints    jsonb NOT NULL,
    granted_by     text NOT NULL,
    granted_at     timestamptz NOT NULL,
    revoked_by     text,
    revoked_at     timestamptz,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, sub_account_id) REFERENCES sub_accounts
);
CREATE UNIQUE INDEX permission_grants_current ON permission_grants (shop_id, sub_account_id, permission)
    WHERE revoked_at IS NULL;
CREATE INDEX permission_grants_past ON permission_grants (shop_id, sub_account_id, granted_at);

-- What has been used of a grant's limits in a window (day or month of the shop's time zone).
CREATE TABLE quota_usage (
    shop_id      uuid NOT NULL,
    grant_id     uuid NOT NULL,
    quota_window text NOT NULL CHECK (quota_window IN ('DAY', 'MONTH')),
    starts_on    date NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    uses         bigint NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (shop_id, grant_id, quota_window, starts_on),
    FOREIGN KEY (shop_id, grant_id) REFERENCES permission_grants
);

-- The seats that a subject may act from: its own shops, and the shops where it is staff. A shop whose main account is
-- disabled has no seats for its staff.
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
