DROP FUNCTION audit_append;
DROP TABLE notifications, idempotency_keys, outbox, audit_entries, audit_chains;
