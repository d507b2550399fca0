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
        method -> Nullable<Text>,
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
        refund_review -> Bool,
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
        category -> Text,
        charity_organisation_id -> Nullable<Uuid>,
        charity_share_bp -> Nullable<Int4>,
        charity_amount_minor -> Nullable<Int8>,
    }
}

table! {
    charity_organisations (id) {
        id -> Uuid,
        name -> Text,
        website -> Nullable<Text>,
        state -> Text,
        listed_by -> Text,
        listed_at -> Timestamptz,
    }
}

table! {
    charity_totals (shop_id, organisation_id, currency) {
        shop_id -> Uuid,
        organisation_id -> Uuid,
        currency -> Text,
        donated_minor -> Int8,
        sales -> Int8,
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
        charity_organisation_id -> Nullable<Uuid>,
        donation_minor -> Int8,
        settle_at -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        donation_paid_minor -> Nullable<Int8>,
        donation_payout_id -> Nullable<Uuid>,
    }
}

table! {
    charity_payouts (organisation_id, id) {
        organisation_id -> Uuid,
        id -> Uuid,
        currency -> Text,
        amount_minor -> Int8,
        sales -> Int8,
        reference -> Nullable<Text>,
        ledger_entry_id -> Uuid,
        paid_by -> Text,
        paid_at -> Timestamptz,
    }
}

table! {
    order_deliveries (shop_id, order_id) {
        shop_id -> Uuid,
        order_id -> Uuid,
        place -> Bytea,
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
        reviewed_by -> Nullable<Text>,
        reviewed_at -> Nullable<Timestamptz>,
        by_platform -> Bool,
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
        certified_at -> Nullable<Timestamptz>,
        certify_by -> Nullable<Timestamptz>,
    }
}

table! {
    position_assignments (shop_id, sub_account_id, valid_from) {
        shop_id -> Uuid,
        sub_account_id -> Uuid,
        position_id -> Uuid,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
        certify_by -> Nullable<Timestamptz>,
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
        method -> Nullable<Text>,
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
        balance_minor -> Int8,
    }
}

table! {
    ledger_entries (book_id, id) {
        book_id -> Uuid,
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
    notification_messages (account_id, channel) {
        account_id -> Uuid,
        channel -> Text,
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
        advises -> Array<Text>,
        release_seen_at -> Timestamptz,
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
    payment_methods (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        state -> Text,
        label -> Text,
        handle -> Nullable<Binary>,
        handle_key -> Nullable<Binary>,
        token -> Nullable<Binary>,
        brand -> Nullable<Text>,
        last_four -> Nullable<Text>,
        expiry_year -> Nullable<Int4>,
        expiry_month -> Nullable<Int4>,
        created_at -> Timestamptz,
        verified_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
    }
}

table! {
    payments (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        purpose -> Text,
        subject -> Uuid,
        shop_id -> Uuid,
        relation_id -> Nullable<Uuid>,
        amount_minor -> Int8,
        refunded_minor -> Int8,
        currency -> Text,
        state -> Text,
        methods -> Array<Uuid>,
        attempt -> Int4,
        method_id -> Uuid,
        method_kind -> Text,
        step -> Text,
        reference -> Nullable<Text>,
        failure -> Nullable<Text>,
        ledger_entry_id -> Nullable<Uuid>,
        tries -> Int4,
        uncertain -> Bool,
        available_at -> Timestamptz,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}

table! {
    card_removals (account_id, method_id) {
        account_id -> Uuid,
        method_id -> Uuid,
        token -> Bytea,
        tries -> Int4,
        available_at -> Timestamptz,
    }
}

table! {
    gateway_jobs (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        payment_id -> Uuid,
        shop_id -> Uuid,
        kind -> Text,
        authorised_key -> Text,
        reference -> Nullable<Text>,
        amount_minor -> Int8,
        currency -> Text,
        state -> Text,
        failure -> Nullable<Text>,
        tries -> Int4,
        available_at -> Timestamptz,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
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

table! {
    payment_passwords (account_id) {
        account_id -> Uuid,
        hash -> Text,
        set_at -> Timestamptz,
        tries -> Int4,
        window_ends_at -> Timestamptz,
    }
}

table! {
    intimate_pays (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        family_link_id -> Uuid,
        beneficiary_account_id -> Uuid,
        nth -> Int4,
        state -> Text,
        currency -> Text,
        time_zone -> Text,
        monthly_cap_minor -> Int8,
        per_payment_minor -> Nullable<Int8>,
        step_up_above_minor -> Nullable<Int8>,
        allowed_categories -> Array<Text>,
        blocked_categories -> Array<Text>,
        hours_from -> Nullable<Int4>,
        hours_until -> Nullable<Int4>,
        emergency_category -> Nullable<Text>,
        emergency_cap_minor -> Nullable<Int8>,
        methods -> Array<Uuid>,
        uses -> Int8,
        opened_at -> Timestamptz,
        frozen_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
    }
}

table! {
    intimate_uses (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        relation_id -> Uuid,
        seq -> Int8,
        beneficiary_account_id -> Uuid,
        payment_id -> Uuid,
        order_id -> Uuid,
        shop_id -> Uuid,
        title -> Text,
        category -> Text,
        amount_minor -> Int8,
        given_back_minor -> Int8,
        currency -> Text,
        counted -> Text,
        month -> Date,
        state -> Text,
        at -> Timestamptz,
        changed -> Int8,
    }
}

table! {
    pay_requests (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        relation_id -> Uuid,
        beneficiary_account_id -> Uuid,
        order_id -> Uuid,
        title -> Text,
        category -> Text,
        amount_minor -> Int8,
        currency -> Text,
        refused -> Text,
        state -> Text,
        asked_at -> Timestamptz,
        expires_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        use_id -> Nullable<Uuid>,
    }
}

table! {
    intimate_cases (payer_account_id, id) {
        payer_account_id -> Uuid,
        id -> Uuid,
        relation_id -> Uuid,
        use_id -> Nullable<Uuid>,
        reported_by -> Uuid,
        reason -> Text,
        state -> Text,
        opened_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

table! {
    item_categories (code) {
        code -> Text,
        title_en -> Text,
        title_zh -> Text,
    }
}

table! {
    deposit_rules (category, currency, from_price_minor) {
        category -> Text,
        currency -> Text,
        from_price_minor -> Int8,
        required_minor -> Int8,
    }
}

table! {
    violations (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        amount_minor -> Int8,
        currency -> Text,
        reason -> Text,
        recorded_by -> Text,
        recorded_at -> Timestamptz,
        deducted_minor -> Nullable<Int8>,
        deducted_at -> Nullable<Timestamptz>,
    }
}

table! {
    red_packets (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        funder_id -> Uuid,
        name -> Text,
        budget_minor -> Int8,
        currency -> Text,
        split -> Text,
        shares -> Int4,
        claimed -> Int4,
        claimed_minor -> Int8,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        state -> Text,
        sent_by -> Text,
        sent_at -> Timestamptz,
    }
}

table! {
    red_packet_shares (packet_id, number) {
        packet_id -> Uuid,
        number -> Int4,
        amount_minor -> Int8,
        buyer_id -> Nullable<Uuid>,
        claimed_at -> Nullable<Timestamptz>,
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
        device_key -> Nullable<Bytea>,
        name -> Text,
        client -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
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
    delivery_addresses (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        place -> Bytea,
        is_default -> Bool,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
    }
}

table! {
    friends (account_id, friend_id) {
        account_id -> Uuid,
        friend_id -> Uuid,
        id -> Uuid,
        state -> Text,
        since -> Timestamptz,
    }
}

table! {
    association_signals (account_id, value_key) {
        account_id -> Uuid,
        value_key -> Bytea,
        id -> Uuid,
        kind -> Text,
        first_seen_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        contested_at -> Nullable<Timestamptz>,
        upheld -> Nullable<Bool>,
    }
}

table! {
    association_degrees (value_key) {
        value_key -> Bytea,
        degree -> Int4,
    }
}

table! {
    association_logins (device_key, account_id) {
        device_key -> Bytea,
        account_id -> Uuid,
        session_id -> Uuid,
        at -> Timestamptz,
    }
}

table! {
    associations (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        other_id -> Uuid,
        state -> Text,
        asked_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
    }
}

table! {
    certifications (account_id) {
        account_id -> Uuid,
        method -> Text,
        region -> Text,
        name -> Bytea,
        number -> Bytea,
        number_key -> Bytea,
        name_key -> Bytea,
        phone_key -> Bytea,
        real_name -> Text,
        reason -> Nullable<Text>,
        started_at -> Timestamptz,
        real_name_at -> Nullable<Timestamptz>,
        real_person_at -> Nullable<Timestamptz>,
        review_at -> Nullable<Timestamptz>,
        bad_record -> Bool,
        suspended_at -> Nullable<Timestamptz>,
    }
}

table! {
    identity_keys (number_key) {
        number_key -> Bytea,
        account_id -> Uuid,
    }
}

table! {
    person_sessions (owner_id, id) {
        owner_id -> Uuid,
        id -> Uuid,
        shop_id -> Nullable<Uuid>,
        gesture -> Text,
        state -> Text,
        photo -> Nullable<Text>,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        submitted_at -> Nullable<Timestamptz>,
        decided_at -> Nullable<Timestamptz>,
        photo_deleted_at -> Nullable<Timestamptz>,
    }
}

table! {
    verifications (owner_id, id) {
        owner_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        shop_id -> Nullable<Uuid>,
        session_id -> Nullable<Uuid>,
        gesture -> Nullable<Text>,
        photo -> Nullable<Text>,
        state -> Text,
        claim -> Nullable<Bytea>,
        attempts -> Int4,
        available_at -> Timestamptz,
        created_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

table! {
    verification_looks (owner_id, verification_id, operator_id) {
        owner_id -> Uuid,
        verification_id -> Uuid,
        operator_id -> Uuid,
        opened_at -> Timestamptz,
    }
}

table! {
    reviews (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        state -> Text,
        announced_at -> Timestamptz,
        due_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
    }
}

table! {
    creators (account_id) {
        account_id -> Uuid,
        since -> Timestamptz,
    }
}

table! {
    staff_certifications (shop_id, sub_account_id) {
        shop_id -> Uuid,
        sub_account_id -> Uuid,
        state -> Text,
        code_hash -> Nullable<Bytea>,
        code_expires_at -> Timestamptz,
        scanned_by -> Nullable<Text>,
        name -> Nullable<Bytea>,
        number -> Nullable<Bytea>,
        number_key -> Nullable<Bytea>,
        reason -> Nullable<Text>,
        verification_id -> Nullable<Uuid>,
        updated_at -> Timestamptz,
    }
}

table! {
    decorations (shop_id, version) {
        shop_id -> Uuid,
        version -> Int4,
        document -> Jsonb,
        changed_by -> Text,
        changed_at -> Timestamptz,
    }
}

table! {
    position_login_policies (shop_id, position_id) {
        shop_id -> Uuid,
        position_id -> Uuid,
        from_minute -> Nullable<Int4>,
        until_minute -> Nullable<Int4>,
        days -> Nullable<Array<Int4>>,
        clients -> Nullable<Array<Text>>,
        methods -> Nullable<Array<Text>>,
        changed_at -> Timestamptz,
    }
}

table! {
    desks (shop_id) {
        shop_id -> Uuid,
    }
}

table! {
    desk_groups (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        name -> Text,
        pages -> Array<Text>,
    }
}

table! {
    desk_agents (shop_id, sub_account_id) {
        shop_id -> Uuid,
        sub_account_id -> Uuid,
        group_id -> Nullable<Uuid>,
        weight -> Int4,
        away -> Bool,
        waiting -> Int4,
        seen_at -> Nullable<Timestamptz>,
        last_assigned_at -> Nullable<Timestamptz>,
    }
}

table! {
    desk_dedicated (shop_id, buyer_id) {
        shop_id -> Uuid,
        buyer_id -> Uuid,
        sub_account_id -> Uuid,
    }
}

table! {
    conversations (shop_id, id) {
        shop_id -> Uuid,
        id -> Uuid,
        buyer_id -> Uuid,
        page -> Text,
        group_id -> Nullable<Uuid>,
        agent_id -> Nullable<Uuid>,
        state -> Text,
        awaits_shop -> Bool,
        opened_at -> Timestamptz,
        first_reply_at -> Nullable<Timestamptz>,
        last_message_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        messages -> Int8,
        assignments -> Int4,
    }
}

table! {
    conversation_assignments (shop_id, conversation_id, seq) {
        shop_id -> Uuid,
        conversation_id -> Uuid,
        seq -> Int4,
        agent_id -> Nullable<Uuid>,
        reason -> Text,
        handed_over_from -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

table! {
    chat_messages (shop_id, conversation_id, seq) {
        shop_id -> Uuid,
        conversation_id -> Uuid,
        seq -> Int8,
        id -> Uuid,
        from_buyer -> Bool,
        sub_account_id -> Nullable<Uuid>,
        body -> Bytea,
        arrived -> Bool,
        at -> Timestamptz,
    }
}

table! {
    message_reports (account_id, id) {
        account_id -> Uuid,
        id -> Uuid,
        message -> Text,
        reason -> Text,
        remark -> Text,
        body -> Nullable<Bytea>,
        state -> Text,
        reported_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        finding -> Nullable<Text>,
    }
}

table! {
    rosters (shop_id, sub_account_id, valid_from) {
        shop_id -> Uuid,
        sub_account_id -> Uuid,
        shifts -> Array<Int4>,
        set_by -> Text,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
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
    payment_methods,
    payments,
    card_removals,
    gateway_jobs,
    red_packets,
    red_packet_shares,
    violations,
    item_categories,
    deposit_rules,
    association_signals,
    association_degrees,
    desk_agents,
    desk_dedicated,
    conversations,
    chat_messages,
    rosters,
    certifications,
    charity_organisations,
    charity_totals,
);

allow_tables_to_appear_in_same_query!(reviews, verifications);
