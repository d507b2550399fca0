//! The tables, as Diesel sees them. Follows `migrations/`; a test compares the two.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    accounts (id) {
        id -> Uuid,
        login -> Text,
        kind -> Text,
        display_name -> Text,
        password_hash -> Text,
        state -> Text,
        time_zone -> Text,
        created_at -> Timestamptz,
        version -> Int8,
    }
}

table! {
    login_names (name_key) {
        name_key -> Text,
        account_id -> Uuid,
    }
}

table! {
    sessions (token_hash) {
        token_hash -> Bytea,
        id -> Uuid,
        account_id -> Nullable<Uuid>,
        shop_id -> Nullable<Uuid>,
        sub_account_id -> Nullable<Uuid>,
        client -> Text,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        stepped_up_at -> Nullable<Timestamptz>,
        lasts_until -> Nullable<Timestamptz>,
        device_id -> Nullable<Uuid>,
        step_up_factor -> Nullable<Text>,
    }
}

table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

table! {
    devices (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        token_hash -> Bytea,
        name -> Text,
        first_seen_at -> Timestamptz,
        last_seen_at -> Timestamptz,
    }
}

table! {
    pending_sessions (token_hash) {
        token_hash -> Bytea,
        account_id -> Uuid,
        contact_id -> Nullable<Uuid>,
        device_id -> Nullable<Uuid>,
        name -> Text,
        client -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

table! {
    account_restrictions (account_id) {
        account_id -> Uuid,
        reason -> Text,
        since -> Timestamptz,
    }
}

table! {
    totp_factors (account_id) {
        account_id -> Uuid,
        secret -> Bytea,
        created_at -> Timestamptz,
        active_since -> Nullable<Timestamptz>,
        last_step -> Int8,
    }
}

table! {
    recovery_codes (account_id, code_hash) {
        account_id -> Uuid,
        code_hash -> Bytea,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

table! {
    platform_grants (account_id, permission) {
        account_id -> Uuid,
        permission -> Int4,
        granted_at -> Timestamptz,
    }
}

table! {
    shops (id) {
        id -> Uuid,
        main_account_id -> Uuid,
        name -> Text,
        currency -> Text,
        time_zone -> Text,
        state -> Text,
        created_at -> Timestamptz,
    }
}

table! {
    items (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        title -> Text,
        price_minor -> Int8,
        currency -> Text,
        state -> Text,
        created_at -> Timestamptz,
    }
}

table! {
    orders (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        buyer_account_id -> Uuid,
        item_id -> Uuid,
        item_title -> Text,
        quantity -> Int4,
        total_minor -> Int8,
        refunded_minor -> Int8,
        currency -> Text,
        state -> Text,
        placed_at -> Timestamptz,
    }
}

table! {
    refunds (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        order_id -> Uuid,
        buyer_account_id -> Uuid,
        amount_minor -> Int8,
        currency -> Text,
        reason -> Text,
        state -> Text,
        requested_at -> Timestamptz,
        first_approved_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamptz>,
        decided_by -> Nullable<Text>,
        rejection_reason -> Nullable<Text>,
        ledger_entry_id -> Nullable<Uuid>,
    }
}

table! {
    permission_epochs (shop_id) {
        shop_id -> Uuid,
        epoch -> Int8,
    }
}

table! {
    positions (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        name -> Text,
        rank -> Int4,
        created_at -> Timestamptz,
        archived_at -> Nullable<Timestamptz>,
    }
}

table! {
    position_permissions (shop_id, position_id, permission, valid_from) {
        shop_id -> Uuid,
        position_id -> Uuid,
        permission -> Int4,
        locked -> Bool,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
    }
}

table! {
    sub_accounts (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        name -> Text,
        name_key -> Text,
        display_name -> Text,
        position_id -> Uuid,
        password_hash -> Nullable<Text>,
        linked_account_id -> Nullable<Uuid>,
        state -> Text,
        created_at -> Timestamptz,
        departed_at -> Nullable<Timestamptz>,
    }
}

table! {
    position_assignments (shop_id, sub_account_id, valid_from) {
        shop_id -> Uuid,
        sub_account_id -> Uuid,
        position_id -> Uuid,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
    }
}

table! {
    permission_grants (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        sub_account_id -> Uuid,
        permission -> Int4,
        effect -> Text,
        constraints -> Jsonb,
        granted_by -> Text,
        granted_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

table! {
    quota_usage (owner_id, counter_id, quota_window, starts_on) {
        owner_id -> Uuid,
        counter_id -> Uuid,
        quota_window -> Text,
        starts_on -> Date,
        amount_minor -> Int8,
        uses -> Int8,
    }
}

table! {
    /// A view: the open sessions and who they are, with the seat of those that are a sub-account's.
    session_subjects (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        account_id -> Nullable<Uuid>,
        client -> Text,
        expires_at -> Timestamptz,
        stepped_up_at -> Nullable<Timestamptz>,
        login -> Text,
        kind -> Text,
        sub_account_name -> Nullable<Text>,
        shop_id -> Nullable<Uuid>,
        sub_account_id -> Nullable<Uuid>,
        seat_rank -> Nullable<Int4>,
        shop_time_zone -> Nullable<Text>,
        shop_currency -> Nullable<Text>,
        version -> Int8,
        restricted -> Bool,
    }
}

table! {
    /// A view: the open sessions and the version that each stands by.
    session_versions (token_hash) {
        token_hash -> Bytea,
        expires_at -> Timestamptz,
        stepped_up_at -> Nullable<Timestamptz>,
        version -> Int8,
    }
}

table! {
    /// A view: the places from which accounts act, own shops and managed ones.
    seats (account_id, shop_id) {
        account_id -> Uuid,
        shop_id -> Uuid,
        sub_account_id -> Nullable<Uuid>,
        seat_name -> Text,
        seat_rank -> Int4,
        shop_time_zone -> Text,
        shop_currency -> Text,
        epoch -> Int8,
    }
}

table! {
    ledger_accounts (owner_id, id) {
        owner_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        currency -> Text,
    }
}

table! {
    ledger_entries (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        debit_account_id -> Uuid,
        credit_account_id -> Uuid,
        amount_minor -> Int8,
        currency -> Text,
        kind -> Text,
        reference -> Text,
        at -> Timestamptz,
    }
}

table! {
    audit_chains (id) {
        id -> Uuid,
        seq -> Int8,
        hash -> Bytea,
    }
}

table! {
    audit_entries (chain_id, seq) {
        chain_id -> Uuid,
        seq -> Int8,
        at -> Timestamptz,
        actor -> Text,
        actor_name -> Text,
        action -> Text,
        target -> Text,
        outcome -> Text,
        permission -> Nullable<Text>,
        grant_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        ip -> Nullable<Text>,
        client -> Nullable<Text>,
        request_id -> Uuid,
        detail -> Jsonb,
        hash -> Bytea,
    }
}

table! {
    outbox (id) {
        id -> Uuid,
        topic -> Text,
        shop_id -> Nullable<Uuid>,
        payload -> Jsonb,
        created_at -> Timestamptz,
        available_at -> Timestamptz,
        attempts -> Int4,
        last_error -> Nullable<Text>,
    }
}

table! {
    idempotency_keys (subject_id, key) {
        subject_id -> Uuid,
        key -> Text,
        command -> Text,
        content_hash -> Bytea,
        answer -> Jsonb,
        created_at -> Timestamptz,
    }
}

table! {
    notifications (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        topic -> Text,
        title_en -> Text,
        title_zh -> Text,
        created_at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
        seq -> Nullable<Int8>,
        channel -> Text,
    }
}

table! {
    notification_mutes (account_id, channel) {
        account_id -> Uuid,
        channel -> Text,
        muted_at -> Timestamptz,
    }
}

table! {
    inboxes (account_id) {
        account_id -> Uuid,
        head -> Int8,
    }
}

table! {
    one_time_codes (account_id, purpose) {
        account_id -> Uuid,
        purpose -> Text,
        id -> Uuid,
        target_key -> Bytea,
        code_hash -> Bytea,
        message_id -> Uuid,
        tries -> Int4,
        sends -> Int4,
        window_ends_at -> Timestamptz,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

table! {
    messages (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        channel -> Text,
        template -> Text,
        recipient -> Nullable<Bytea>,
        body -> Nullable<Bytea>,
        state -> Text,
        failure -> Nullable<Text>,
        attempts -> Int4,
        created_at -> Timestamptz,
        available_at -> Timestamptz,
        expires_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
    }
}

table! {
    throttles (key) {
        key -> Bytea,
        used -> Int4,
        resets_at -> Timestamptz,
        blocked_until -> Nullable<Timestamptz>,
    }
}

table! {
    contacts (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        value -> Bytea,
        value_key -> Bytea,
        bound_at -> Timestamptz,
    }
}

table! {
    contact_keys (value_key) {
        value_key -> Bytea,
        account_id -> Uuid,
        contact_id -> Uuid,
    }
}

table! {
    permission_codes (number) {
        number -> Int4,
        code -> Text,
        service -> Text,
        parent -> Nullable<Text>,
        ordinal -> Int4,
        title_en -> Text,
        title_zh -> Text,
        help -> Text,
        heading -> Bool,
        money -> Bool,
        high_risk -> Bool,
        risk_grew_at -> Nullable<Timestamptz>,
        state -> Text,
        changed_at -> Timestamptz,
    }
}

table! {
    permission_code_periods (number, valid_from) {
        number -> Int4,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
    }
}

table! {
    shop_services (shop_id, service, valid_from) {
        shop_id -> Uuid,
        service -> Text,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
        consented_at -> Timestamptz,
    }
}

table! {
    plugins (id) {
        id -> Text,
        publisher -> Text,
        state -> Text,
        release_seq -> Int8,
        version -> Text,
        previous_seq -> Nullable<Int8>,
        high_water -> Int8,
        changed_at -> Timestamptz,
        seen_at -> Timestamptz,
    }
}

table! {
    service_settings (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        service -> Text,
        sub_account_id -> Nullable<Uuid>,
        settings -> Jsonb,
        changed_by -> Text,
        changed_at -> Timestamptz,
    }
}

table! {
    service_tokens (token_hash) {
        token_hash -> Bytea,
        id -> Uuid,
        service -> Text,
        shop_id -> Nullable<Uuid>,
        label -> Text,
        issued_by -> Text,
        issued_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

table! {
    family_links (inviter_account_id, id) {
        inviter_account_id -> Uuid,
        id -> Uuid,
        relation -> Text,
        relative_name -> Text,
        phone -> Nullable<Bytea>,
        phone_key -> Nullable<Bytea>,
        token_hash -> Bytea,
        state -> Text,
        invited_at -> Timestamptz,
        expires_at -> Timestamptz,
        relative_account_id -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
    }
}

joinable!(login_names -> accounts (account_id));
joinable!(permission_epochs -> shops (shop_id));
joinable!(sub_accounts -> shops (shop_id));
joinable!(shops -> accounts (main_account_id));

allow_tables_to_appear_in_same_query!(
    accounts,
    login_names,
    shops,
    permission_epochs,
    positions,
    position_permissions,
    sub_accounts,
    position_assignments,
    permission_grants,
    quota_usage,
    permission_codes,
    permission_code_periods,
    shop_services,
    orders,
    refunds,
    items,
    audit_chains,
    audit_entries,
    ledger_accounts,
    ledger_entries,
);
