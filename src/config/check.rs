//! The rules that a type cannot hold: ranges, and settings that do not go together.

use std::ops::RangeInclusive;

use super::Config;
use crate::kernel::Currency;
use crate::telemetry::logging;

/// An hour, in milliseconds: nothing that is waited for takes longer.
const HOUR: u64 = 3_600_000;

/// Gives the first key that breaks a rule, and what is wrong with it.
pub(super) fn check(config: &Config) -> Result<(), (&'static str, String)> {
    let Config {
        server,
        database,
        graphql,
        auth,
        secrets,
        codes,
        contacts,
        association,
        family,
        intimate_pay,
        messages,
        payments,
        certification,
        refunds,
        desk,
        staff,
        worker,
        audit,
        notifications,
        plugins,
        demo,
        log,
        origins: _,
    } = config;
    for (key, value, range) in [
        ("server.request_timeout_ms", server.request_timeout_ms, 1..=HOUR),
        ("server.header_timeout_ms", server.header_timeout_ms, 1..=HOUR),
        ("server.idle_timeout_ms", server.idle_timeout_ms, 1..=HOUR),
        ("server.shutdown_grace_ms", server.shutdown_grace_ms, 0..=HOUR),
        ("server.body_limit_bytes", wide(server.body_limit_bytes), 1024..=1 << 30),
        ("database.max_connections", wide(database.max_connections), 1..=10_000),
        ("database.acquire_timeout_ms", database.acquire_timeout_ms, 1..=HOUR),
        ("database.statement_timeout_ms", database.statement_timeout_ms, 1..=HOUR),
        ("database.lock_timeout_ms", database.lock_timeout_ms, 1..=HOUR),
        ("database.idle_in_transaction_timeout_ms", database.idle_in_transaction_timeout_ms, 1..=HOUR),
        ("graphql.max_query_bytes", wide(graphql.max_query_bytes), 256..=1 << 20),
        ("graphql.max_depth", wide(graphql.max_depth), 1..=100),
        ("graphql.max_cost", graphql.max_cost, 1..=1_000_000_000),
        ("graphql.max_aliases", wide(graphql.max_aliases), 0..=10_000),
        ("graphql.max_root_fields", wide(graphql.max_root_fields), 1..=10_000),
        ("graphql.max_directives", wide(graphql.max_directives), 0..=10_000),
        ("graphql.max_tokens", wide(graphql.max_tokens), 1..=1_000_000),
        ("graphql.max_page", graphql.max_page.into(), 1..=100),
        ("graphql.default_page", graphql.default_page.into(), 1..=graphql.max_page.into()),
        ("auth.session_ttl_hours", auth.session_ttl_hours.into(), 1..=24 * 366),
        ("auth.access_ttl_min", auth.access_ttl_min.into(), 1..=60 * 24 * 366),
        ("auth.free_tries", auth.free_tries.into(), 1..=1_000),
        ("auth.free_tries_of_source", auth.free_tries_of_source.into(), 1..=1_000_000),
        ("auth.back_off_s", auth.back_off_s.into(), 1..=3_600),
        ("auth.longest_back_off_s", auth.longest_back_off_s.into(), auth.back_off_s.into()..=86_400),
        ("auth.max_concurrent_hashes", wide(auth.max_concurrent_hashes), 1..=1024),
        ("auth.argon2.m_kib", auth.argon2.m_kib.into(), 8_192..=4_194_304),
        ("auth.argon2.t", auth.argon2.t.into(), 1..=100),
        ("auth.argon2.p", auth.argon2.p.into(), 1..=64),
        ("codes.digits", codes.digits.into(), 4..=9),
        ("codes.lives_min", codes.lives_min.into(), 1..=60),
        ("codes.max_tries", codes.max_tries.into(), 1..=20),
        ("codes.max_sends", codes.max_sends.into(), 1..=100),
        ("codes.send_window_min", codes.send_window_min.into(), 1..=1_440),
        ("codes.max_sends_to_one", codes.max_sends_to_one.into(), 1..=10_000),
        ("contacts.most", contacts.most.into(), 1..=20),
        ("contacts.most_of_enterprise", contacts.most_of_enterprise.into(), contacts.most.into()..=100),
        ("contacts.most_addresses", contacts.most_addresses.into(), 1..=100),
        ("contacts.most_friends", contacts.most_friends.into(), 1..=10_000),
        ("association.max_degree", association.max_degree.into(), 2..=1_000),
        ("association.min_score", association.min_score.into(), 0..=100),
        ("association.max_shown", association.max_shown.into(), 1..=100),
        ("association.max_associated", association.max_associated.into(), 1..=20),
        ("association.request_lives_days", association.request_lives_days.into(), 1..=365),
        ("desk.busy_above", desk.busy_above.into(), 0..=1_000),
        ("desk.online_s", desk.online_s.into(), 10..=86_400),
        ("desk.served_days", desk.served_days.into(), 0..=365),
        ("desk.poll_interval_ms", desk.poll_interval_ms, 10..=HOUR),
        ("desk.recheck_interval_ms", desk.recheck_interval_ms, 10..=60_000),
        ("family.invitation_days", family.invitation_days.into(), 1..=365),
        ("family.most_pending", family.most_pending.into(), 1..=1_000),
        ("intimate_pay.confirmation_min", intimate_pay.confirmation_min.into(), 1..=1_440),
        ("intimate_pay.least_cap", intimate_pay.least_cap.into(), 1..=1_000_000),
        ("intimate_pay.most_cap", intimate_pay.most_cap.into(), intimate_pay.least_cap.into()..=100_000_000),
        ("intimate_pay.most_relations", intimate_pay.most_relations.into(), 1..=100),
        ("intimate_pay.cap_changes_per_month", intimate_pay.cap_changes_per_month.into(), 1..=1_000),
        ("intimate_pay.password_tries", intimate_pay.password_tries.into(), 1..=20),
        ("intimate_pay.password_lock_min", intimate_pay.password_lock_min.into(), 1..=1_440),
        ("intimate_pay.reminder_days", intimate_pay.reminder_days.into(), 1..=3_660),
        ("intimate_pay.request_hours", intimate_pay.request_hours.into(), 1..=720),
        ("messages.timeout_ms", messages.timeout_ms, 1..=HOUR),
        ("messages.max_attempts", messages.max_attempts.into(), 1..=100),
        ("messages.breaker_failures", messages.breaker_failures.into(), 1..=1_000),
        ("messages.breaker_pause_s", messages.breaker_pause_s, 1..=3_600),
        ("messages.batch", messages.batch.into(), 1..=1_000),
        ("payments.timeout_ms", payments.timeout_ms, 1..=HOUR),
        ("payments.breaker_failures", payments.breaker_failures.into(), 1..=1_000),
        ("payments.breaker_pause_s", payments.breaker_pause_s, 1..=3_600),
        ("payments.batch", payments.batch.into(), 1..=1_000),
        ("payments.give_up_min", payments.give_up_min.into(), 1..=10_080),
        ("payments.settle_after_days", payments.settle_after_days.into(), 1..=365),
        ("payments.close_after_settled_days", payments.close_after_settled_days.into(), 0..=365),
        ("refunds.batch_most", refunds.batch_most.into(), 1..=100),
        ("certification.timeout_ms", certification.timeout_ms, 1..=HOUR),
        ("certification.max_attempts", certification.max_attempts.into(), 1..=100),
        ("certification.breaker_failures", certification.breaker_failures.into(), 1..=1_000),
        ("certification.breaker_pause_s", certification.breaker_pause_s, 1..=3_600),
        ("certification.keep_photos_days", certification.keep_photos_days.into(), 1..=3_660),
        ("certification.undecided_photos_days", certification.undecided_photos_days.into(), 1..=3_660),
        ("certification.max_photo_bytes", wide(certification.max_photo_bytes), 10_240..=64 << 20),
        ("certification.session_min", certification.session_min.into(), 1..=60),
        ("certification.sessions_a_day", certification.sessions_a_day.into(), 1..=1_000),
        ("certification.qr_min", certification.qr_min.into(), 1..=1_440),
        ("certification.staff_days", certification.staff_days.into(), 1..=366),
        ("certification.review_months", certification.review_months.into(), 1..=120),
        ("certification.review_spread_days", certification.review_spread_days.into(), 1..=366),
        ("certification.random_review_min_days", certification.random_review_min_days.into(), 1..=366),
        (
            "certification.random_review_max_days",
            certification.random_review_max_days.into(),
            certification.random_review_min_days.into()..=366,
        ),
        ("certification.review_notice_days", certification.review_notice_days.into(), 1..=90),
        ("certification.review_batch", certification.review_batch.into(), 1..=1_000),
        ("staff.most_sub_accounts", staff.most_sub_accounts.into(), 1..=100_000),
        ("worker.poll_interval_ms", worker.poll_interval_ms, 10..=HOUR),
        ("worker.batch", worker.batch.into(), 1..=1000),
        ("worker.sweep_interval_s", worker.sweep_interval_s, 1..=86_400),
        ("worker.keep_idempotency_keys_days", worker.keep_idempotency_keys_days.into(), 1..=3660),
        ("worker.keep_ended_sessions_days", worker.keep_ended_sessions_days.into(), 0..=3660),
        ("worker.keep_messages_days", worker.keep_messages_days.into(), 0..=3660),
        ("worker.keep_association_signals_days", worker.keep_association_signals_days.into(), 1..=3660),
        ("audit.poll_interval_ms", audit.poll_interval_ms, 10..=HOUR),
        ("audit.recheck_interval_ms", audit.recheck_interval_ms, 10..=60_000),
        ("notifications.poll_interval_ms", notifications.poll_interval_ms, 10..=HOUR),
        ("notifications.recheck_interval_ms", notifications.recheck_interval_ms, 10..=60_000),
        ("plugins.poll_interval_ms", plugins.poll_interval_ms, 20..=60_000),
        ("plugins.deadline_ms", plugins.deadline_ms, 1..=1_000),
        ("plugins.hard_deadline_ms", plugins.hard_deadline_ms, plugins.deadline_ms..=10_000),
        ("plugins.start_limit_ms", plugins.start_limit_ms, 100..=60_000),
    ] {
        within(key, value, &range)?;
    }
    for (code, minor) in &refunds.batch_total_minor {
        if code.to_ascii_uppercase().parse::<Currency>().is_err() {
            return Err(("refunds.batch_total_minor", format!("{code} is no currency of ISO 4217")));
        }
        within("refunds.batch_total_minor", u64::try_from(*minor).unwrap_or(0), &(1..=1_000_000_000_000))?;
    }
    for (key, signal) in [
        ("association.device", association.device),
        ("association.ip", association.ip),
        ("association.together", association.together),
        ("association.real_name", association.real_name),
        ("association.phone", association.phone),
        ("association.email", association.email),
        ("association.address", association.address),
    ] {
        within(key, signal.weight.into(), &(0..=100))?;
        within(key, signal.half_life_days.into(), &(1..=10_000))?;
    }
    for origin in &server.allowed_origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' ', '?', '#', '@'])) {
            let reason = "an origin is scheme, host and port, such as https://shop.example.com, without a path or *";
            return Err(("server.allowed_origins", reason.to_owned()));
        }
    }
    let key = secrets.key.as_ref().map(|key| key.expose().trim());
    if key.is_some_and(|key| key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(("secrets.key", "is 64 hexadecimal digits, as `openssl rand -hex 32` prints".to_owned()));
    }
    if contacts.region.len() != 2 || !contacts.region.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(("contacts.region", "is a country in two letters, such as CN".to_owned()));
    }
    if messages.gateway_url.is_some() && messages.gateway_secret.is_none() {
        return Err(("messages.gateway_url", "needs messages.gateway_secret beside it".to_owned()));
    }
    let set = [payments.gateway_url.is_some(), payments.vault_url.is_some(), payments.gateway_secret.is_some()];
    if set.contains(&true) && set.contains(&false) {
        let reason =
            "cards need payments.gateway_url, payments.vault_url and payments.gateway_secret, all three or none";
        return Err(("payments.gateway_url", reason.to_owned()));
    }
    if payments.play_money && payments.gateway_url.is_some() {
        return Err((
            "payments.play_money",
            "is money from nowhere, and there is a real gateway: turn one off".to_owned(),
        ));
    }
    if certification.verifier_url.is_some() && certification.verifier_secret.is_none() {
        return Err(("certification.verifier_url", "needs certification.verifier_secret beside it".to_owned()));
    }
    if plugins.folder.is_some() && plugins.trust_file.is_none() && !demo.enabled {
        let reason = "a plugin folder needs a trust file, which says whose plugins may do what; see plugins/README.md";
        return Err(("plugins.trust_file", reason.to_owned()));
    }
    if plugins.folder.is_some() && plugins.lock_required && plugins.lock_file.is_none() && !demo.enabled {
        let reason = "plugins.lock_required is on: name the file that pins the digests, or set it to false outside of production";
        return Err(("plugins.lock_file", reason.to_owned()));
    }
    logging::parse_level(&log.level).map_err(|reason| ("log.level", reason))?;
    if demo.enabled && !demo.allow_remote && !server.listen.ip().is_loopback() {
        let reason = format!(
            "demo mode hands out log-ins and refuses {}, which others can reach; listen on 127.0.0.1, or say --allow-remote-demo",
            server.listen
        );
        return Err(("server.listen", reason));
    }
    if demo.enabled && !demo.allow_external_database && database.url.is_some() {
        let reason = "demo mode writes demo log-ins and refuses a database server that may hold real ones; leave DATABASE_URL unset, \
                      or say --allow-external-demo-database";
        return Err(("database.url", reason.to_owned()));
    }
    Ok(())
}

fn within(key: &'static str, value: u64, range: &RangeInclusive<u64>) -> Result<(), (&'static str, String)> {
    if range.contains(&value) { Ok(()) } else { Err((key, format!("must be {} to {}", range.start(), range.end()))) }
}

/// A size as a number that every size fits into.
fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
