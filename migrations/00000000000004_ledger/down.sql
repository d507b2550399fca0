DROP TABLE ledger_entries, ledger_accounts;
DROP FUNCTION refuse_change();
