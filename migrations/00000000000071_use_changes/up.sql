-- The payer hears how a purchase ended and what comes back of it, not only that it was made (requirement 0.7): each use is marked
-- with the transaction that changed it last. Who listens reads what is behind the last change it knows and before the oldest
-- transaction that is open, so that none is missed, without a lock that would stand in the order of locks.
ALTER TABLE intimate_uses ADD COLUMN changed bigint NOT NULL DEFAULT 0;

CREATE FUNCTION intimate_use_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER intimate_use_changed BEFORE INSERT OR UPDATE ON intimate_uses
    FOR EACH ROW EXECUTE FUNCTION intimate_use_changed();
CREATE INDEX intimate_uses_by_change ON intimate_uses (payer_account_id, relation_id, changed, seq);
