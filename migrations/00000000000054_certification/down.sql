DROP TABLE creators;
DROP TABLE reviews;
DROP TABLE verifications;
DROP TABLE person_sessions;
DROP TABLE identity_keys;
DROP TABLE certifications;
