-- Whose an account of the ledger is, of what kind and in which currency, is said once: only its balance changes (h14).
CREATE TRIGGER ledger_accounts_stay BEFORE UPDATE ON ledger_accounts
    FOR EACH ROW WHEN ((OLD.owner_id, OLD.id, OLD.kind, OLD.currency) IS DISTINCT FROM
        (NEW.owner_id, NEW.id, NEW.kind, NEW.currency))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_accounts_are_kept BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
