-- Deposits (保证金): what a category wants as data, violations that are recorded against a shop.

CREATE TABLE item_categories (
    code     text PRIMARY KEY,
    title_en text NOT NULL,
    title_zh text NOT NULL
);

-- A shop that lists an item of this category at this price or above needs a deposit of so much.
CREATE TABLE deposit_rules (
    category         text NOT NULL REFERENCES item_categories,
    currency         text NOT NULL,
    from_price_minor bigint NOT NULL CHECK (from_price_minor >= 0),
    required_minor   bigint NOT NULL CHECK (required_minor > 0),
    PRIMARY KEY (category, currency, from_price_minor)
);

INSERT INTO item_categories (code, title_en, title_zh) VALUES
    ('general', 'Everything else', '其他'),
    ('books', 'Books', '图书'),
    ('stationery', 'Stationery', '文具'),
    ('food', 'Food', '食品'),
    ('groceries', 'Groceries', '生鲜日用'),
    ('medicine', 'Medicine', '药品'),
    ('household', 'Household', '居家日用'),
    ('clothing', 'Clothing', '服饰'),
    ('health', 'Health', '医药健康'),
    ('games', 'Games', '游戏'),
    ('phones', 'Phones', '手机'),
    ('laptops', 'Laptops', '笔记本电脑'),
    ('jewellery', 'Jewellery', '珠宝首饰');
INSERT INTO deposit_rules (category, currency, from_price_minor, required_minor) VALUES
    ('phones', 'CNY', 0, 1000000),
    ('laptops', 'CNY', 0, 2000000),
    ('laptops', 'CNY', 1500000, 3000000),
    ('jewellery', 'CNY', 100000, 1000000),
    ('jewellery', 'CNY', 2000000, 5000000);

ALTER TABLE items ADD CONSTRAINT items_category FOREIGN KEY (category) REFERENCES item_categories;
CREATE INDEX items_by_category ON items (shop_id, category, price_minor) WHERE state = 'LISTED';

-- What all that a shop lists wants of it: the most that any of it wants.
CREATE FUNCTION deposit_required(shop uuid, of_currency text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT max(r.required_minor) FROM deposit_rules r
        WHERE r.currency = of_currency AND EXISTS (
            SELECT FROM items i WHERE i.shop_id = shop AND i.category = r.category AND i.state = 'LISTED'
                AND i.price_minor >= r.from_price_minor)), 0);
END $$;

-- What a shop did against the rules and what it costs; taken from the deposit when the shop closes, or before.
CREATE TABLE violations (
    shop_id        uuid NOT NULL REFERENCES shops,
    id             uuid NOT NULL,
    amount_minor   bigint NOT NULL CHECK (amount_minor > 0),
    currency       text NOT NULL,
    reason         text NOT NULL,
    recorded_by    text NOT NULL,
    recorded_at    timestamptz NOT NULL,
    -- What was taken for it: less than the amount where the deposit held less.
    deducted_minor bigint CHECK (deducted_minor BETWEEN 0 AND amount_minor),
    deducted_at    timestamptz,
    PRIMARY KEY (shop_id, id),
    CHECK ((deducted_minor IS NULL) = (deducted_at IS NULL))
);
