ALTER TABLE staff_certifications DROP COLUMN verification_id;
