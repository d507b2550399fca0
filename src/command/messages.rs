//! Messages by text message and e-mail: queued with the change, sent by the worker afterwards (requirement 3.6).
//!
//! Recipient and text are sealed while they wait and gone afterwards, so that neither the table, nor the outbox, nor a log
//! ever shows a code (h35). A worker takes a message for a while (a lease); should it die, another one sends it under the same
//! id, by which a gateway knows it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Event, Tx};
use crate::db::RunQueryDsl;
use crate::db::schema::messages as m;
use crate::kernel::ids::{AccountId, MessageId};
use crate::kernel::{Fault, Instant};
use crate::providers::Keys;
use crate::providers::messages::Channel;
use crate::telemetry::Secret;

type Sql<T> = Result<T, diesel::result::Error>;

/// What recipients are sealed for.
pub const RECIPIENT: &str = "message.recipient";
/// What texts are sealed for.
pub const BODY: &str = "message.body";
/// The event that tells the worker.
pub const QUEUED: &str = "message.queued";

/// A message to be sent.
pub struct NewMessage<'a> {
    /// Its id.
    pub id: MessageId,
    /// Whom it concerns.
    pub account: AccountId,
    /// The way.
    pub channel: Channel,
    /// What kind of message it is, e.g. `code.bind`.
    pub template: &'a str,
    /// A number in E.164, or an e-mail address.
    pub to: &'a str,
    /// What it says.
    pub text: &'a str,
    /// When it is no longer worth sending.
    pub expires_at: Instant,
}

/// Queues a message: it is sent if the transaction commits, and once it has.
///
/// # Errors
/// The database's fault.
pub async fn queue<E>(tx: &mut Tx<'_>, new: &NewMessage<'_>) -> Result<(), Fault<E>> {
    put(tx.conn, &tx.env.keys, new, tx.now).await?;
    tx.emit(Event { topic: QUEUED, shop: None, payload: json!({ "message": new.id }) });
    Ok(())
}

/// The same for a consumer of events, which runs where messages are sent: nobody has to be told.
///
/// # Errors
/// The database's fault.
pub async fn put(conn: &mut AsyncPgConnection, keys: &Keys, new: &NewMessage<'_>, now: Instant) -> Sql<usize> {
    diesel::insert_into(m::table)
        .values((
            m::account_id.eq(new.account),
            m::id.eq(new.id),
            m::channel.eq(new.channel.text()),
            m::template.eq(new.template),
            m::recipient.eq(keys.seal(RECIPIENT, new.to.as_bytes())),
            m::body.eq(keys.seal(BODY, new.text.as_bytes())),
            m::state.eq("QUEUED"),
            m::attempts.eq(0),
            m::created_at.eq(now),
            m::available_at.eq(now),
            m::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await
}

/// Where an account gets messages that are no codes.
#[derive(Debug)]
pub struct Recipient {
    /// Whose it is.
    pub account: AccountId,
    /// The way.
    pub channel: Channel,
    /// A number in E.164, or an e-mail address.
    pub to: Secret<String>,
}

/// Where accounts get messages: one place for each that has any. A [part](super::Parts), as those who tell accounts something
/// know no domain.
pub type Recipients =
    for<'a> fn(&'a mut AsyncPgConnection, &'a Keys, &'a [AccountId]) -> BoxFuture<'a, Result<Vec<Recipient>, Fault>>;

/// A message that a worker has taken.
#[derive(Debug, QueryableByName)]
pub struct Taken {
    /// Whom it concerns.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: AccountId,
    /// The message.
    #[diesel(sql_type = SqlUuid)]
    pub id: MessageId,
    /// The way.
    #[diesel(sql_type = SqlText)]
    pub channel: String,
    /// What kind of message it is.
    #[diesel(sql_type = SqlText)]
    pub template: String,
    /// The recipient, sealed.
    #[diesel(sql_type = Nullable<Binary>)]
    pub recipient: Option<Vec<u8>>,
    /// The text, sealed.
    #[diesel(sql_type = Nullable<Binary>)]
    pub body: Option<Vec<u8>>,
    /// How often it was taken, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it is no longer worth sending.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: Instant,
}

const TAKE: &str = "
UPDATE messages m SET state = 'SENDING', attempts = attempts + 1, available_at = $2
WHERE (account_id, id) IN (
    SELECT account_id, id FROM messages WHERE state IN ('QUEUED', 'SENDING') AND available_at <= $1
    ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING account_id, id, channel, template, recipient, body, attempts, expires_at";

/// Takes messages that are due, for as long as the lease; also those whose worker's lease is over.
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, now: Instant, lease_ends: Instant, most: i64) -> Sql<Vec<Taken>> {
    diesel::sql_query(TAKE)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_ends)
        .bind::<BigInt, _>(most)
        .load(conn)
        .await
}

/// What became of a try.
#[derive(Debug, Clone, Copy)]
pub enum Became {
    /// It was sent.
    Sent,
    /// It will not be sent any more.
    Failed(&'static str),
    /// It is tried again.
    Again {
        /// When.
        at: Instant,
        /// Why it was not sent.
        why: &'static str,
        /// Whether the try counts.
        counts: bool,
    },
}

/// Notes what became of a try, unless the lease was over and somebody else has the message.
///
/// # Errors
/// The database's fault.
pub async fn became(conn: &mut AsyncPgConnection, taken: &Taken, now: Instant, what: Became) -> Sql<usize> {
    let mine = m::table.find((taken.account_id, taken.id));
    let mine = mine.filter(m::state.eq("SENDING").and(m::attempts.eq(taken.attempts)));
    let nothing = (m::recipient.eq(None::<Vec<u8>>), m::body.eq(None::<Vec<u8>>));
    match what {
        Became::Sent => {
            let sent = (m::state.eq("SENT"), m::failure.eq(None::<&str>), m::sent_at.eq(now));
            diesel::update(mine).set((sent, nothing)).execute(conn).await
        }
        Became::Failed(why) => {
            diesel::update(mine).set((m::state.eq("FAILED"), m::failure.eq(why), nothing)).execute(conn).await
        }
        Became::Again { at, why, counts } => {
            let attempts = taken.attempts - i32::from(!counts);
            let again = (m::state.eq("QUEUED"), m::failure.eq(why), m::available_at.eq(at), m::attempts.eq(attempts));
            diesel::update(mine).set(again).execute(conn).await
        }
    }
}

/// State and failure of a message of an account.
///
/// # Errors
/// The database's fault.
pub async fn state(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: MessageId,
) -> Sql<Option<(String, Option<String>)>> {
    m::table.find((account, id)).select((m::state, m::failure)).first(conn).await.optional()
}

/// Forgets the messages to an account, those that wait as well.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(m::table.filter(m::account_id.eq(account))).execute(conn).await
}
