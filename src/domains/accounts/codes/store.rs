//! The only SQL on `one_time_codes`.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::one_time_codes as c;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, CodeId, MessageId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A code that is to count from now on.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// What it is for.
    pub purpose: &'a str,
    /// Its id.
    pub id: CodeId,
    /// The keyed hash of where it goes.
    pub target_key: &'a [u8],
    /// The keyed hash of the code.
    pub code_hash: &'a [u8],
    /// The message that carries it.
    pub message: MessageId,
    /// When.
    pub now: Instant,
    /// Until when it is good.
    pub expires_at: Instant,
    /// Until when sends are counted, if the count begins now.
    pub window_ends_at: Instant,
    /// Most sends within a window.
    pub most: i32,
}

/// What was counted.
#[derive(Debug, QueryableByName)]
pub struct Counted {
    /// Sends in this window, this one included.
    #[diesel(sql_type = Integer)]
    pub sends: i32,
}

// A send that failed does not count: asking again is how it is retried (requirement 3.6).
const PUT: &str = "
INSERT INTO one_time_codes AS c (account_id, purpose, id, target_key, code_hash, message_id, tries, sends, window_ends_at,
    created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, 0, 1, $9, $7, $8)
ON CONFLICT (account_id, purpose) DO UPDATE SET
    id = $3, target_key = $4, code_hash = $5, message_id = $6, tries = 0, created_at = $7, expires_at = $8, used_at = NULL,
    sends = CASE
        WHEN c.window_ends_at <= $7 THEN 1
        WHEN EXISTS (SELECT FROM messages m WHERE m.account_id = $1 AND m.id = c.message_id AND m.state = 'FAILED')
            THEN c.sends
        ELSE c.sends + 1 END,
    window_ends_at = CASE WHEN c.window_ends_at <= $7 THEN $9 ELSE c.window_ends_at END
WHERE c.window_ends_at <= $7 OR c.sends < $10
    OR EXISTS (SELECT FROM messages m WHERE m.account_id = $1 AND m.id = c.message_id AND m.state = 'FAILED')
RETURNING sends";

/// Puts a code in the place of the one before, unless too many were sent.
///
/// # Errors
/// The database's fault.
pub async fn put(conn: &mut AsyncPgConnection, new: &NewCode<'_>) -> Sql<Option<Counted>> {
    diesel::sql_query(PUT)
        .bind::<SqlUuid, _>(new.account)
        .bind::<Text, _>(new.purpose)
        .bind::<SqlUuid, _>(new.id)
        .bind::<Binary, _>(new.target_key)
        .bind::<Binary, _>(new.code_hash)
        .bind::<SqlUuid, _>(new.message)
        .bind::<Timestamptz, _>(new.now)
        .bind::<Timestamptz, _>(new.expires_at)
        .bind::<Timestamptz, _>(new.window_ends_at)
        .bind::<Integer, _>(new.most)
        .get_result(conn)
        .await
        .optional()
}

/// A code as it stands.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Code {
    /// Its id.
    pub id: CodeId,
    /// The keyed hash of where it went.
    pub target_key: Vec<u8>,
    /// The keyed hash of the code.
    pub code_hash: Vec<u8>,
    /// The message that carries it.
    pub message_id: MessageId,
    /// Tries so far.
    pub tries: i32,
    /// When sends can be counted anew.
    pub window_ends_at: Instant,
    /// When it was sent.
    pub created_at: Instant,
    /// Until when it is good.
    pub expires_at: Instant,
    /// When it was used.
    pub used_at: Option<Instant>,
}

/// Counts a try of the code, if it may be tried: the row is this transaction's from here on, so that two who try at once come
/// one after the other.
///
/// # Errors
/// The database's fault.
pub async fn try_one(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    purpose: &str,
    now: Instant,
    most: i32,
    made_after: Instant,
    made_before: Instant,
) -> Sql<Option<Code>> {
    let open = c::used_at.is_null().and(c::expires_at.gt(now)).and(c::tries.lt(most));
    // A clock that was set back must not make a code live longer.
    let made_now = c::created_at.gt(made_after).and(c::created_at.le(made_before));
    diesel::update(c::table.find((account, purpose)).filter(open.and(made_now)))
        .set(c::tries.eq(c::tries + 1))
        .returning(Code::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// The code of a purpose, for saying why it does nothing.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, purpose: &str) -> Sql<Option<Code>> {
    c::table.find((account, purpose)).select(Code::as_select()).first(conn).await.optional()
}

/// Uses a code up; says whether this was the one time.
///
/// # Errors
/// The database's fault.
pub async fn use_up(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    purpose: &str,
    id: CodeId,
    now: Instant,
) -> Sql<bool> {
    let this = c::table.find((account, purpose)).filter(c::id.eq(id).and(c::used_at.is_null()));
    Ok(diesel::update(this).set(c::used_at.eq(now)).execute(conn).await? == 1)
}

/// The message and the expiry of a code by its id, for asking what became of it.
///
/// # Errors
/// The database's fault.
pub async fn by_id(conn: &mut AsyncPgConnection, account: AccountId, id: CodeId) -> Sql<Option<Code>> {
    c::table.filter(c::account_id.eq(account).and(c::id.eq(id))).select(Code::as_select()).first(conn).await.optional()
}

/// Forgets the codes of an account.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(c::table.filter(c::account_id.eq(account))).execute(conn).await
}
