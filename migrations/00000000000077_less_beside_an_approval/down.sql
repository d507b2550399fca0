ALTER TABLE inboxes ADD CONSTRAINT inboxes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts;
CREATE FUNCTION ledger_account(owner uuid, of_kind text, of_currency text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a.id FROM ledger_accounts a
            WHERE a.owner_id = owner AND a.kind = of_kind AND a.currency = of_currency);
END $$;
