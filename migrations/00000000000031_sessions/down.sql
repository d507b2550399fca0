DROP TABLE pending_sessions;
DROP TABLE devices;
DROP TABLE refresh_tokens;
ALTER TABLE sessions DROP COLUMN step_up_factor;
ALTER TABLE sessions DROP COLUMN device_id;
ALTER TABLE sessions DROP COLUMN lasts_until;
