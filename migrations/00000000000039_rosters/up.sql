-- Who of the staff is on shift when (shift-bound grants, and who gets conversations). A row is a sub-account's roster from one
-- moment until the next: what was on it in the past stays askable (requirement 5.10).
CREATE TABLE rosters (
    shop_id        uuid NOT NULL,
    sub_account_id uuid NOT NULL,
    -- Shifts of a week, each as two numbers: the minute of the week that it starts at, Monday 00:00 in the shop's time zone being
    -- 0, and how many minutes it takes.
    shifts         integer[] NOT NULL CHECK (cardinality(shifts) % 2 = 0),
    set_by         text NOT NULL,
    valid_from     timestamptz NOT NULL,
    valid_to       timestamptz,
    PRIMARY KEY (shop_id, sub_account_id, valid_from),
    FOREIGN KEY (shop_id, sub_account_id) REFERENCES sub_accounts
);
CREATE UNIQUE INDEX rosters_current ON rosters (shop_id, sub_account_id) WHERE valid_to IS NULL;

-- A change of a roster moves the shop's epoch, as any change of what its staff may do: it holds with the next request
-- (migration 30, requirement 5.5).
CREATE TRIGGER staff_added AFTER INSERT ON rosters REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();
CREATE TRIGGER staff_changed AFTER UPDATE ON rosters REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();
CREATE TRIGGER staff_removed AFTER DELETE ON rosters REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION staff_changed();
