-- What a shop set of a third-party service: for the whole shop, and for one sub-account beside it (requirement 4.16). Of a
-- service that is gone or no longer subscribed the settings wait, as its grants do.
CREATE TABLE service_settings (
    shop_id        uuid NOT NULL REFERENCES shops,
    id             uuid NOT NULL,
    service        text NOT NULL,
    -- NULL: for the whole shop.
    sub_account_id uuid,
    -- An object; its keys are the service's own.
    settings       jsonb NOT NULL,
    changed_by     text NOT NULL,
    changed_at     timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, sub_account_id) REFERENCES sub_accounts
);
CREATE UNIQUE INDEX service_settings_of_shop ON service_settings (shop_id, service) WHERE sub_account_id IS NULL;
CREATE UNIQUE INDEX service_settings_of_sub_account ON service_settings (shop_id, sub_account_id, service)
    WHERE sub_account_id IS NOT NULL;
