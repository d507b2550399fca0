-- The service desk: conversations between buyers and a shop, and who of the staff gets them (requirement 4.17).

-- One row for each shop: decisions of a shop come one after the other, behind its lock.
CREATE TABLE desks (
    shop_id uuid PRIMARY KEY REFERENCES shops
);

CREATE TABLE desk_groups (
    shop_id uuid NOT NULL REFERENCES shops,
    id      uuid NOT NULL,
    name    text NOT NULL,
    pages   text[] NOT NULL,
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, name)
);

CREATE TABLE desk_agents (
    shop_id          uuid NOT NULL REFERENCES shops,
    sub_account_id   uuid NOT NULL,
    group_id         uuid,
    weight           integer NOT NULL CHECK (weight BETWEEN 0 AND 100),
    away             boolean NOT NULL,
    -- Buyers who wait for an answer of theirs: counted with the writing of messages.
    waiting          integer NOT NULL CHECK (waiting >= 0),
    seen_at          timestamptz,
    last_assigned_at timestamptz,
    PRIMARY KEY (shop_id, sub_account_id)
);

CREATE TABLE desk_dedicated (
    shop_id        uuid NOT NULL REFERENCES shops,
    buyer_id       uuid NOT NULL,
    sub_account_id uuid NOT NULL,
    PRIMARY KEY (shop_id, buyer_id)
);

CREATE TABLE conversations (
    shop_id         uuid NOT NULL REFERENCES shops,
    id              uuid NOT NULL,
    buyer_id        uuid NOT NULL REFERENCES accounts,
    page            text NOT NULL,
    group_id        uuid,
    agent_id        uuid,
    state           text NOT NULL CHECK (state IN ('OPEN', 'QUEUED', 'CLOSED')),
    awaits_shop     boolean NOT NULL,
    opened_at       timestamptz NOT NULL,
    first_reply_at  timestamptz,
    last_message_at timestamptz NOT NULL,
    closed_at       timestamptz,
    messages        bigint NOT NULL,
    assignments     integer NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE UNIQUE INDEX conversations_by_id ON conversations (id);
-- A buyer has one open conversation with a shop.
CREATE UNIQUE INDEX conversations_open ON conversations (shop_id, buyer_id) WHERE state <> 'CLOSED';
CREATE INDEX conversations_of_buyer ON conversations (buyer_id, id);
CREATE INDEX conversations_served ON conversations (shop_id, buyer_id, last_message_at);
CREATE INDEX conversations_of_agent ON conversations (shop_id, agent_id, id);
CREATE INDEX conversations_queued ON conversations (shop_id, id) WHERE state = 'QUEUED';
CREATE INDEX conversations_of_day ON conversations (shop_id, opened_at);

CREATE TABLE conversation_assignments (
    shop_id          uuid NOT NULL,
    conversation_id  uuid NOT NULL,
    seq              integer NOT NULL,
    agent_id         uuid,
    reason           text NOT NULL,
    handed_over_from uuid,
    at               timestamptz NOT NULL,
    PRIMARY KEY (shop_id, conversation_id, seq)
);

CREATE TABLE chat_messages (
    shop_id         uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    id              uuid NOT NULL UNIQUE,
    from_buyer      boolean NOT NULL,
    sub_account_id  uuid,
    body            bytea NOT NULL,
    -- Not what a muted sender wrote (requirement 4.5).
    arrived         boolean NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (shop_id, conversation_id, seq)
);

-- Unwanted messages that people reported (requirement 3.14).
CREATE TABLE message_reports (
    account_id  uuid NOT NULL REFERENCES accounts,
    id          uuid NOT NULL UNIQUE,
    message     text NOT NULL,
    reason      text NOT NULL,
    remark      text NOT NULL,
    body        bytea,
    state       text NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
    reported_at timestamptz NOT NULL,
    closed_at   timestamptz,
    finding     text,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, message)
);
CREATE INDEX message_reports_open ON message_reports (id) WHERE state = 'OPEN';
