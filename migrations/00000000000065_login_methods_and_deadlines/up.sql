-- How a session was opened: what a login policy says of methods holds for its refreshes too (requirement 4.20). Of sessions from
-- before it is not known.
ALTER TABLE sessions ADD COLUMN method text;

-- Until when whoever worked in a position had to be certified: restoring somebody gives them the time anew, and what they could do
-- before is asked about with the time that they had then (requirements 4.6, 5.10).
ALTER TABLE position_assignments ADD COLUMN certify_by timestamptz;
UPDATE position_assignments a SET certify_by = u.certify_by
FROM sub_accounts u WHERE u.shop_id = a.shop_id AND u.id = a.sub_account_id;
