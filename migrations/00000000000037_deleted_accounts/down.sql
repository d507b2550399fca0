ALTER TABLE accounts DROP CONSTRAINT accounts_deleted_check;
UPDATE accounts SET state = 'DISABLED' WHERE state = 'DELETED';
ALTER TABLE accounts DROP CONSTRAINT accounts_state_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_state_check CHECK (state IN ('ACTIVE', 'DISABLED'));
