-- Charity items (公益宝贝): organisations that the platform lists, what an item gives of each sale, what came of it.

CREATE TABLE charity_organisations (
    id        uuid PRIMARY KEY,
    name      text NOT NULL UNIQUE,
    website   text,
    state     text NOT NULL CHECK (state IN ('LISTED', 'DELISTED')),
    listed_by text NOT NULL,
    listed_at timestamptz NOT NULL
);

-- What an item gives: a share of each sale in basis points, or an amount for each sale.
ALTER TABLE items ADD COLUMN charity_organisation_id uuid REFERENCES charity_organisations,
    ADD COLUMN charity_share_bp integer CHECK (charity_share_bp BETWEEN 1 AND 10000),
    ADD COLUMN charity_amount_minor bigint CHECK (charity_amount_minor > 0);
ALTER TABLE items ADD CONSTRAINT items_charity CHECK
    (num_nonnulls(charity_share_bp, charity_amount_minor) = num_nonnulls(charity_organisation_id));

-- What a sale gives, as of when it was placed. What stands of it is always donation × (total − refunded) / total, rounded down.
ALTER TABLE orders ADD COLUMN charity_organisation_id uuid,
    ADD COLUMN donation_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE orders ADD CONSTRAINT orders_donation CHECK
    (donation_minor BETWEEN 0 AND total_minor AND (donation_minor = 0 OR charity_organisation_id IS NOT NULL));

-- The public numbers, moved in the transaction of each sale and refund; `kith ledger verify` counts them again.
CREATE TABLE charity_totals (
    shop_id         uuid NOT NULL,
    organisation_id uuid NOT NULL,
    currency        text NOT NULL,
    donated_minor   bigint NOT NULL CHECK (donated_minor >= 0),
    sales           bigint NOT NULL CHECK (sales >= 0),
    PRIMARY KEY (shop_id, organisation_id, currency)
);
CREATE INDEX charity_totals_by_organisation ON charity_totals (organisation_id, shop_id);

-- Counts a donation, or what came back of one (below zero).
CREATE FUNCTION charity_count(shop uuid, organisation uuid, of_currency text, amount bigint, more bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        UPDATE charity_totals t SET donated_minor = t.donated_minor + amount, sales = t.sales + more
        WHERE t.shop_id = shop AND t.organisation_id = organisation AND t.currency = of_currency;
        EXIT WHEN FOUND;
        INSERT INTO charity_totals VALUES (shop, organisation, of_currency, 0, 0) ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN true;
END $$;
