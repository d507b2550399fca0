DROP FUNCTION charity_count; DROP TABLE charity_totals;
ALTER TABLE orders DROP COLUMN charity_organisation_id, DROP COLUMN donation_minor;
ALTER TABLE items DROP COLUMN charity_organisation_id, DROP COLUMN charity_share_bp, DROP COLUMN charity_amount_minor;
DROP TABLE charity_organisations;
