-- What is compiled of third-party services moves the epochs of the shops that it concerns, whoever changes it and however, like
-- everything else that an actor is made of (migration 30).
--
-- | a change of | moves |
-- |---|---|
-- | shop_services, service_settings | the shop's epoch |
-- | permission_codes | the epoch of every shop that has the service, once for each statement |
DO $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY ARRAY['shop_services', 'service_settings'] LOOP
        EXECUTE format('CREATE TRIGGER staff_added AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
        EXECUTE format('CREATE TRIGGER staff_changed AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
        EXECUTE format('CREATE TRIGGER staff_removed AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION staff_changed()', source);
    END LOOP;
END $$;

CREATE FUNCTION codes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_epochs(ARRAY(SELECT DISTINCT s.shop_id FROM shop_services s
                              WHERE s.service IN (SELECT service FROM changed) AND s.valid_to IS NULL));
    RETURN NULL;
END $$;
CREATE TRIGGER codes_added AFTER INSERT ON permission_codes REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION codes_changed();
CREATE TRIGGER codes_changed AFTER UPDATE ON permission_codes REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION codes_changed();

-- When a server last had the plugin in its folder. One that no server has had for a while is gone, whenever its files went.
ALTER TABLE plugins ADD COLUMN seen_at timestamptz;
UPDATE plugins SET seen_at = changed_at;
ALTER TABLE plugins ALTER COLUMN seen_at SET NOT NULL;
