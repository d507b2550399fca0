ALTER TABLE position_assignments DROP COLUMN certify_by;
ALTER TABLE sessions DROP COLUMN method;
