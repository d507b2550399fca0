//! The last statement of a command: what the door writes with whatever the command wrote. One round trip for the answer by
//! its key, the events and the audit entry; the functions are in `migrations/`, for each table one that writes a row and one that writes
//! those of several commands ([`super::shared`]), and no other SQL writes it.

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::result::QueryResult;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::audit::Row;
use super::idempotency::Key;
use super::outbox::Event;
use crate::db::{self, Closing, Write};
use crate::kernel::Instant;
use crate::kernel::ids::EventId;

mod sql {
    #![expect(clippy::too_many_arguments, reason = "one for each column")]

    use diesel::sql_types::{Array, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Keeps an answer with its key, if there is a key; a key that is there already is a unique violation.
        #[sql_name = "idempotency_keep"]
        fn idempotency_keep(
            subject: Nullable<SqlUuid>, key: Nullable<Text>, command: Text, content: Nullable<Binary>,
            answer: Nullable<Jsonb>, at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Puts events into the outbox, one for each place of the lists.
        #[sql_name = "outbox_put"]
        fn outbox_put(
            ids: Array<SqlUuid>, topics: Array<Text>, shops: Array<Nullable<SqlUuid>>, payloads: Array<Jsonb>,
            at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Moves the head of a chain and puts the entry behind it; gives its place.
        #[sql_name = "audit_append"]
        fn audit_append(
            chain: SqlUuid, canonical: Binary, at: Timestamptz, actor: Text, actor_name: Text, action: Text,
            target: Text, outcome: Text, permission: Nullable<Text>, grant_id: Nullable<Text>,
            session_id: Nullable<Text>, ip: Nullable<Text>, client: Nullable<Text>, request_id: SqlUuid, detail: Jsonb,
        ) -> BigInt;
    }

    diesel::define_sql_function! {
        /// Keeps answers with their keys, one for each place of the lists.
        fn idempotency_keep_all(
            subjects: Array<SqlUuid>, keys: Array<Text>, command: Text, contents: Array<Binary>, answers: Array<Jsonb>,
            at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// The same as `outbox_put`, in one statement.
        fn outbox_put_all(
            ids: Array<SqlUuid>, topics: Array<Text>, shops: Array<Nullable<SqlUuid>>, payloads: Array<Jsonb>,
            at: Timestamptz,
        ) -> Bool;
    }

    diesel::define_sql_function! {
        /// Puts entries behind the heads of their chains, one for each place of the lists.
        fn audit_append_all(
            chains: Array<SqlUuid>, canonicals: Array<Binary>, at: Timestamptz, actors: Array<Text>,
            actor_names: Array<Text>, action: Text, targets: Array<Text>, outcome: Text,
            permissions: Array<Nullable<Text>>, grant_ids: Array<Nullable<Text>>, session_ids: Array<Nullable<Text>>,
            ips: Array<Nullable<Text>>, clients: Array<Nullable<Text>>, request_ids: Array<SqlUuid>,
            details: Array<Jsonb>,
        ) -> Bool;
    }
}

/// Writes what a command leaves, and nothing else: a rehearsal.
pub fn rehearse<'c>(
    conn: &'c AsyncPgConnection,
    left: &[Box<dyn Write>],
) -> impl Future<Output = QueryResult<()>> + Send + use<'c> {
    db::write(conn, &fragments(left))
}

fn fragments(left: &[Box<dyn Write>]) -> Vec<&dyn QueryFragment<Pg>> {
    left.iter().map(|write| &**write as &dyn QueryFragment<Pg>).collect()
}

/// Writes what the door keeps of something that was denied.
///
/// # Errors
/// The database's fault.
pub fn write<'c>(
    conn: &'c AsyncPgConnection,
    now: Instant,
    entry: &Row,
) -> impl Future<Output = QueryResult<()>> + Send + use<'c> {
    with_closing(now, &[], None, &[], entry, |writes| db::write(conn, writes))
}

/// Writes what a command leaves, and what the door keeps of it, and commits. The audit entry comes last, because it holds the
/// shop's chain until the commit. A key that was used before is a `UniqueViolation`.
pub fn write_and_commit<'c>(
    conn: &'c AsyncPgConnection,
    now: Instant,
    left: &[Box<dyn Write>],
    keep: Option<(&Key<'_>, &Value)>,
    events: &[Event],
    entry: &Row,
) -> impl Future<Output = Closing> + Send + use<'c> {
    with_closing(now, left, keep, events, entry, |writes| db::write_and_commit(conn, writes))
}

/// What the door keeps of one of several commands.
pub struct Kept<'a> {
    /// The key with the answer, if there is a key.
    pub answer: Option<(Key<'a>, Value)>,
    /// The events.
    pub events: Vec<Event>,
    /// The audit entry.
    pub entry: Row,
}

/// Writes what several commands of one kind leave, and what the door keeps of each, and commits.
pub fn write_together_and_commit<'c>(
    conn: &'c AsyncPgConnection,
    now: Instant,
    left: &[Box<dyn Write>],
    kept: &[Kept<'_>],
) -> impl Future<Output = Closing> + Send + use<'c> {
    let action = kept.first().map_or("", |kept| kept.entry.action.as_str());
    let outcome = kept.first().map_or("", |kept| kept.entry.outcome.as_str());
    let answers = || kept.iter().filter_map(|kept| kept.answer.as_ref());
    let keeping = sql::idempotency_keep_all(
        answers().map(|(key, _)| key.subject).collect::<Vec<_>>(),
        answers().map(|(key, _)| key.key).collect::<Vec<_>>(),
        action,
        answers().map(|(key, _)| key.content.as_slice()).collect::<Vec<_>>(),
        answers().map(|(_, answer)| answer).collect::<Vec<_>>(),
        now,
    );
    let events = || kept.iter().flat_map(|kept| &kept.events);
    let put = sql::outbox_put_all(
        events().map(|_| EventId::generate()).collect::<Vec<_>>(),
        events().map(|event| event.topic).collect::<Vec<_>>(),
        events().map(|event| event.shop).collect::<Vec<_>>(),
        events().map(|event| &event.payload).collect::<Vec<_>>(),
        now,
    );
    let entries = || kept.iter().map(|kept| &kept.entry);
    let appended = sql::audit_append_all(
        entries().map(|entry| entry.chain_id).collect::<Vec<_>>(),
        entries().map(Row::canonical).collect::<Vec<_>>(),
        now,
        entries().map(|entry| entry.actor.as_str()).collect::<Vec<_>>(),
        entries().map(|entry| entry.actor_name.as_str()).collect::<Vec<_>>(),
        action,
        entries().map(|entry| entry.target.as_str()).collect::<Vec<_>>(),
        outcome,
        entries().map(|entry| entry.permission.as_deref()).collect::<Vec<_>>(),
        entries().map(|entry| entry.grant_id.as_deref()).collect::<Vec<_>>(),
        entries().map(|entry| entry.session_id.as_deref()).collect::<Vec<_>>(),
        entries().map(|entry| entry.ip.as_deref()).collect::<Vec<_>>(),
        entries().map(|entry| entry.client.as_deref()).collect::<Vec<_>>(),
        entries().map(|entry| entry.request_id).collect::<Vec<_>>(),
        entries().map(|entry| &entry.detail).collect::<Vec<_>>(),
    );
    let mut writes = fragments(left);
    writes.extend([&keeping as &dyn QueryFragment<Pg>, &put, &appended]);
    db::write_and_commit(conn, &writes)
}

/// Calls `run` with what a command leaves and what the door keeps of it, in their order.
fn with_closing<R>(
    now: Instant,
    left: &[Box<dyn Write>],
    keep: Option<(&Key<'_>, &Value)>,
    events: &[Event],
    entry: &Row,
    run: impl FnOnce(&[&dyn QueryFragment<Pg>]) -> R,
) -> R {
    let key = keep.map(|(key, _)| key);
    let kept = sql::idempotency_keep(
        key.map(|key| key.subject),
        key.map(|key| key.key),
        &entry.action,
        key.map(|key| key.content.as_slice()),
        keep.map(|(_, answer)| answer),
        now,
    );
    let put = sql::outbox_put(
        events.iter().map(|_| EventId::generate()).collect::<Vec<_>>(),
        events.iter().map(|event| event.topic).collect::<Vec<_>>(),
        events.iter().map(|event| event.shop).collect::<Vec<_>>(),
        events.iter().map(|event| &event.payload).collect::<Vec<_>>(),
        now,
    );
    let appended = sql::audit_append(
        entry.chain_id,
        entry.canonical(),
        entry.at,
        &entry.actor,
        &entry.actor_name,
        &entry.action,
        &entry.target,
        &entry.outcome,
        entry.permission.as_deref(),
        entry.grant_id.as_deref(),
        entry.session_id.as_deref(),
        entry.ip.as_deref(),
        entry.client.as_deref(),
        entry.request_id,
        &entry.detail,
    );
    let mut writes = fragments(left);
    writes.extend([&kept as &dyn QueryFragment<Pg>, &put, &appended]);
    run(&writes)
}
