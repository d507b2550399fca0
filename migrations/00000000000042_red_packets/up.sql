-- Shop red packets (店铺红包): a campaign with a budget that was split into shares when it was sent.

CREATE TABLE red_packets (
    shop_id       uuid NOT NULL REFERENCES shops,
    id            uuid NOT NULL,
    -- Whose balance funded it, and gets back what is left.
    funder_id     uuid NOT NULL REFERENCES accounts,
    name          text NOT NULL,
    budget_minor  bigint NOT NULL CHECK (budget_minor > 0),
    currency      text NOT NULL,
    split         text NOT NULL CHECK (split IN ('EQUAL', 'RANDOM')),
    shares        integer NOT NULL CHECK (shares BETWEEN 1 AND 1000),
    claimed       integer NOT NULL DEFAULT 0,
    claimed_minor bigint NOT NULL DEFAULT 0,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL CHECK (ends_at > starts_at),
    state         text NOT NULL CHECK (state IN ('OPEN', 'ENDED')),
    sent_by       text NOT NULL,
    sent_at       timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id),
    CONSTRAINT red_packets_shares CHECK (claimed BETWEEN 0 AND shares),
    CHECK (claimed_minor BETWEEN 0 AND budget_minor),
    -- Nobody gets nothing.
    CHECK (budget_minor >= shares)
);
CREATE UNIQUE INDEX red_packets_by_id ON red_packets (id);
CREATE INDEX red_packets_due ON red_packets (ends_at) WHERE state = 'OPEN';

CREATE TABLE red_packet_shares (
    packet_id    uuid NOT NULL,
    number       integer NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    buyer_id     uuid,
    claimed_at   timestamptz,
    PRIMARY KEY (packet_id, number),
    CHECK ((buyer_id IS NULL) = (claimed_at IS NULL))
);
-- One for each buyer.
CREATE UNIQUE INDEX red_packet_shares_once ON red_packet_shares (packet_id, buyer_id);
CREATE INDEX red_packet_shares_by_buyer ON red_packet_shares (buyer_id, claimed_at) WHERE buyer_id IS NOT NULL;

-- Takes the next share for a buyer; no row when there is none, or when it is not time. The campaign's row puts those who try at
-- once in order, and each statement here sees what the one before it left.
CREATE FUNCTION red_packet_take(of_packet uuid, of_buyer uuid, at timestamptz) RETURNS TABLE (place integer, minor bigint)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE red_packets p SET claimed = p.claimed + 1
    WHERE p.id = of_packet AND p.state = 'OPEN' AND p.starts_at <= at AND at < p.ends_at AND p.claimed < p.shares
    RETURNING p.claimed INTO place;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE red_packet_shares s SET buyer_id = of_buyer, claimed_at = at
    WHERE s.packet_id = of_packet AND s.number = place
    RETURNING s.amount_minor INTO minor;
    UPDATE red_packets p SET claimed_minor = p.claimed_minor + minor WHERE p.id = of_packet;
    RETURN NEXT;
END $$;
