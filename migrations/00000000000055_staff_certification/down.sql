DROP TABLE staff_certifications;
ALTER TABLE sub_accounts DROP COLUMN certified_at, DROP COLUMN certify_by;
