DROP TRIGGER audit_entries_no_truncate ON audit_entries;
DROP TRIGGER ledger_entries_no_truncate ON ledger_entries;
DROP INDEX idempotency_keys_by_age;
DROP INDEX audit_entries_by_time;
