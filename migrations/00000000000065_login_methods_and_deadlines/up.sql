-- How a session was opened: what a login policy says of methods holds for its refreshes too (requirement 4.20). Of sessions from
-- before it is not known.
ALTER TABLE sessions ADD COLUMN method text;

-- A manager's seat is as certified as the account behind it (requirements 4.5, 4.6, 4.9, 4.19): `certified_at` follows that account's
-- certification, at once and on every replica, because what changes it moves the shop's epoch. The session look-up reads nothing more.

-- Whether an identity certifies somebody of a shop besides one seat. Managers who departed give theirs free.
CREATE FUNCTION identity_in_shop(shop uuid, besides uuid, key bytea) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM staff_certifications t
                   WHERE t.shop_id = shop AND t.number_key = key AND t.sub_account_id <> besides)
        OR EXISTS (SELECT FROM sub_accounts u JOIN certifications c ON c.account_id = u.linked_account_id
                   WHERE u.shop_id = shop AND u.id <> besides AND u.state = 'ACTIVE' AND u.certified_at IS NOT NULL
                     AND c.number_key = key)
$$;

-- Since when the account behind a seat is certified; nothing while it is not, or while its identity certifies another of the shop.
CREATE FUNCTION seat_certified_at(shop uuid, seat uuid, account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT c.real_person_at FROM certifications c
    WHERE c.account_id = account AND c.real_name = 'PASSED' AND c.suspended_at IS NULL
      AND NOT identity_in_shop(shop, seat, c.number_key)
$$;

-- The shops first, in the order of their keys, as every change of staff locks them.
CREATE FUNCTION certification_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who uuid := COALESCE(NEW.account_id, OLD.account_id);
    shops uuid[] := ARRAY(SELECT u.shop_id FROM sub_accounts u WHERE u.linked_account_id = who AND u.state = 'ACTIVE');
BEGIN
    IF cardinality(shops) > 0 THEN
        PERFORM FROM permission_epochs e WHERE e.shop_id = ANY (shops) ORDER BY e.shop_id FOR NO KEY UPDATE;
        UPDATE sub_accounts u SET certified_at = seat_certified_at(u.shop_id, u.id, who)
        WHERE u.linked_account_id = who AND u.state = 'ACTIVE'
          AND (u.certified_at IS NULL) <> (seat_certified_at(u.shop_id, u.id, who) IS NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER certification_changed
    AFTER INSERT OR UPDATE OF real_name, real_person_at, suspended_at, number_key OR DELETE ON certifications
    FOR EACH ROW EXECUTE FUNCTION certification_changed();

-- Who manages a shop already gets the time for it from now on, as everybody did when certification came.
UPDATE sub_accounts u SET certify_by = now() + interval '7 days', certified_at = seat_certified_at(u.shop_id, u.id, u.linked_account_id)
WHERE u.linked_account_id IS NOT NULL AND u.state = 'ACTIVE';

-- Until when whoever worked in a position had to be certified: restoring somebody gives them the time anew, and what they could do
-- before is asked about with the time that they had then (requirements 4.6, 5.10).
ALTER TABLE position_assignments ADD COLUMN certify_by timestamptz;
UPDATE position_assignments a SET certify_by = u.certify_by
FROM sub_accounts u WHERE u.shop_id = a.shop_id AND u.id = a.sub_account_id;
