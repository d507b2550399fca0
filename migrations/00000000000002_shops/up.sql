-- Shops: items, orders, refunds. The shop stands first in every key (design, decision 10).

CREATE TABLE shops (
    id              uuid PRIMARY KEY,
    main_account_id uuid NOT NULL REFERENCES accounts,
    name            text NOT NULL,
    currency        text NOT NULL,
    time_zone       text NOT NULL,
    state           text NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
    created_at      timestamptz NOT NULL
);
CREATE INDEX shops_by_main_account ON shops (main_account_id, id);

CREATE TABLE items (
    shop_id     uuid NOT NULL REFERENCES shops,
    id          uuid NOT NULL,
    title       text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor > 0),
    currency    text NOT NULL,
    state       text NOT NULL CHECK (state IN ('LISTED', 'DELETED')),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id)
);

CREATE TABLE orders (
    shop_id          uuid NOT NULL REFERENCES shops,
    id               uuid NOT NULL,
    buyer_account_id uuid NOT NULL REFERENCES accounts,
    item_id          uuid NOT NULL,
    item_title       text NOT NULL,
    quantity         integer NOT NULL CHECK (quantity > 0),
    total_minor      bigint NOT NULL CHECK (total_minor > 0),
    refunded_minor   bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor),
    currency         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('PAID', 'REFUNDED')),
    placed_at        timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX orders_by_buyer ON orders (buyer_account_id, id);
CREATE UNIQUE INDEX orders_by_id ON orders (id);

CREATE TABLE refunds (
    shop_id           uuid NOT NULL,
    id                uuid NOT NULL,
    order_id          uuid NOT NULL,
    buyer_account_id  uuid NOT NULL REFERENCES accounts,
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text NOT NULL,
    reason            text NOT NULL,
    state             text NOT NULL CHECK (state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL', 'APPROVED', 'REJECTED')),
    requested_at      timestamptz NOT NULL,
    first_approved_by text,
    decided_at        timestamptz,
    decided_by        text,
    rejection_reason  text,
    ledger_entry_id   uuid,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders,
    CHECK ((state = 'APPROVED') = (ledger_entry_id IS NOT NULL))
);
CREATE INDEX refunds_by_state ON refunds (shop_id, state, id);
CREATE INDEX refunds_by_order ON refunds (shop_id, order_id, id);
CREATE INDEX refunds_by_buyer ON refunds (buyer_account_id, id);
CREATE UNIQUE INDEX refunds_by_id ON refunds (id);
