DROP TRIGGER ledger_accounts_are_kept ON ledger_accounts;
DROP TRIGGER ledger_accounts_stay ON ledger_accounts;
