-- A person who is gone (h36): the row stays, because the ledger and others' records name its id, and says nothing about anybody.
ALTER TABLE accounts DROP CONSTRAINT accounts_state_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_state_check CHECK (state IN ('ACTIVE', 'DISABLED', 'DELETED'));
ALTER TABLE accounts ADD CONSTRAINT accounts_deleted_check CHECK (state <> 'DELETED' OR password_hash = '');
