-- What reading the audit trail and sweeping need.

-- Entries only ever come at the end, so a moment stands in few pages: an index of a few kilobytes finds them.
CREATE INDEX audit_entries_by_time ON audit_entries USING brin (at);

-- Old keys are swept by age.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Append-only means that the whole cannot be emptied either.
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
