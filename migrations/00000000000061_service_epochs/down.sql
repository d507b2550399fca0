ALTER TABLE plugins DROP COLUMN seen_at;
DROP TRIGGER codes_changed ON permission_codes;
DROP TRIGGER codes_added ON permission_codes;
DROP FUNCTION codes_changed;
DO $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['shop_services', 'service_settings'] LOOP
        EXECUTE format('DROP TRIGGER staff_added ON %I', source);
        EXECUTE format('DROP TRIGGER staff_changed ON %I', source);
        EXECUTE format('DROP TRIGGER staff_removed ON %I', source);
    END LOOP;
END $$;
