DROP TABLE violations;
DROP FUNCTION deposit_required;
DROP INDEX items_by_category;
ALTER TABLE items DROP CONSTRAINT items_category;
DROP TABLE deposit_rules, item_categories;
