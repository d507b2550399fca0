ALTER TABLE position_assignments DROP COLUMN certify_by;
DROP TRIGGER certification_changed ON certifications;
DROP FUNCTION certification_changed();
DROP FUNCTION seat_certified_at(uuid, uuid, uuid);
DROP FUNCTION identity_in_shop(uuid, uuid, bytea);
UPDATE sub_accounts SET certified_at = NULL, certify_by = NULL WHERE linked_account_id IS NOT NULL;
ALTER TABLE sessions DROP COLUMN method;
