-- Which question a sub-account's certification waits for: an answer to another one changes nothing (requirement 4.9).
ALTER TABLE staff_certifications ADD COLUMN verification_id uuid;
UPDATE staff_certifications c SET verification_id = (
    SELECT v.id FROM verifications v
    WHERE v.owner_id = c.sub_account_id AND v.state IN ('WAITING', 'MANUAL')
      AND v.kind = CASE c.state WHEN 'FACE' THEN 'FACE' ELSE 'IDENTITY' END
    ORDER BY v.created_at DESC LIMIT 1)
WHERE c.state IN ('IDENTITY', 'FACE');
-- Whoever waits for an answer that will not come begins anew.
UPDATE staff_certifications SET state = CASE state WHEN 'FACE' THEN 'NAMED' ELSE 'SCANNED' END
WHERE state IN ('IDENTITY', 'FACE') AND verification_id IS NULL;
ALTER TABLE staff_certifications ADD CONSTRAINT staff_certifications_wait
    CHECK ((state IN ('IDENTITY', 'FACE')) = (verification_id IS NOT NULL));
