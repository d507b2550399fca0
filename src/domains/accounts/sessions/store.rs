//! The only SQL on `sessions` and `session_actors`. Log-in also reads the passwords that `staff` wrote.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};

use super::super::token::TokenHash;
use crate::db::schema::{accounts, login_names, session_actors, sessions, shops, sub_accounts};
use crate::domains::accounts::account::model::login_key;
use crate::kernel::ids::{AccountId, SessionId, ShopId, SubAccountId};
use crate::kernel::{Instant, Subject};

type Sql<T> = Result<T, diesel::result::Error>;

/// A session to be opened.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The id.
    pub id: SessionId,
    /// The hash of its token.
    pub token_hash: &'a [u8],
    /// Who logs in.
    pub subject: Subject,
    /// The client.
    pub client: &'a str,
    /// The address.
    pub ip: Option<String>,
    /// The client program.
    pub user_agent: Option<String>,
    /// When.
    pub now: Instant,
    /// Until when it counts.
    pub expires_at: Instant,
}

/// Opens a session.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &NewSession<'_>) -> Sql<usize> {
    let (account, shop, sub_account) = match new.subject {
        Subject::Account { id } => (Some(id), None, None),
        Subject::SubAccount { shop, id } => (None, Some(shop), Some(id)),
    };
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(new.token_hash),
            sessions::id.eq(new.id),
            sessions::account_id.eq(account),
            sessions::shop_id.eq(shop),
            sessions::sub_account_id.eq(sub_account),
            sessions::client.eq(new.client),
            sessions::ip.eq(&new.ip),
            sessions::user_agent.eq(&new.user_agent),
            sessions::created_at.eq(new.now),
            sessions::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await
}

/// Ends a session; says how many were open.
///
/// # Errors
/// The database's fault.
pub async fn end(conn: &mut AsyncPgConnection, id: SessionId, now: Instant) -> Sql<usize> {
    diesel::update(sessions::table.filter(sessions::id.eq(id).and(sessions::ended_at.is_null())))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Ends every session of an account (h20).
///
/// # Errors
/// The database's fault.
pub async fn end_all_of_account(conn: &mut AsyncPgConnection, id: AccountId, now: Instant) -> Sql<usize> {
    diesel::update(sessions::table.filter(sessions::account_id.eq(id).and(sessions::ended_at.is_null())))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Ends every session of a sub-account.
///
/// # Errors
/// The database's fault.
pub async fn end_of_sub_account(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    id: SubAccountId,
    now: Instant,
) -> Sql<usize> {
    let open = sessions::table.filter(sessions::shop_id.eq(shop).and(sessions::sub_account_id.eq(id)));
    diesel::update(open.filter(sessions::ended_at.is_null())).set(sessions::ended_at.eq(now)).execute(conn).await
}

/// Marks a session as stepped up.
///
/// # Errors
/// The database's fault.
pub async fn step_up(conn: &mut AsyncPgConnection, id: SessionId, now: Instant) -> Sql<usize> {
    diesel::update(sessions::table.filter(sessions::id.eq(id))).set(sessions::stepped_up_at.eq(now)).execute(conn).await
}

/// What the password of a sub-account is compared with: itself, hash, whether both it and its main account are active.
///
/// # Errors
/// The database's fault.
pub async fn sub_account_credentials(
    conn: &mut AsyncPgConnection,
    main: &str,
    name_key: &str,
) -> Sql<Vec<(ShopId, SubAccountId, Option<String>, bool)>> {
    sub_accounts::table
        .inner_join(shops::table.inner_join(accounts::table))
        .inner_join(login_names::table.on(login_names::account_id.eq(accounts::id)))
        .filter(login_names::name_key.eq(login_key(main)).and(sub_accounts::name_key.eq(name_key)))
        .order(sub_accounts::id)
        .limit(10)
        .select((
            sub_accounts::shop_id,
            sub_accounts::id,
            sub_accounts::password_hash,
            sub_accounts::state.eq("ACTIVE").and(accounts::state.eq("ACTIVE")),
        ))
        .load(conn)
        .await
}

/// The hash of a sub-account's password.
///
/// # Errors
/// The database's fault.
pub async fn sub_account_password(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<String>> {
    sub_accounts::table.find((shop, id)).select(sub_accounts::password_hash).first(conn).await
}

/// A seat of a session, as the view gives it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = session_actors)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct ActorRow {
    /// The session.
    pub session_id: SessionId,
    /// The account, unless a sub-account is logged in.
    pub account_id: Option<AccountId>,
    /// The client that the session was opened with.
    pub client: String,
    /// Until when the session counts.
    pub expires_at: Instant,
    /// When it was last stepped up.
    pub stepped_up_at: Option<Instant>,
    /// The log-in name.
    pub login: String,
    /// The kind of account, or `SUB_ACCOUNT`.
    pub kind: String,
    /// The shop of the seat.
    pub shop_id: Option<ShopId>,
    /// The sub-account of the seat.
    pub sub_account_id: Option<SubAccountId>,
    /// The name of the seat.
    pub seat_name: Option<String>,
    /// How high it stands.
    pub seat_rank: Option<i32>,
    /// The shop's time zone.
    pub shop_time_zone: Option<String>,
    /// The shop's currency.
    pub shop_currency: Option<String>,
    /// The shop's permission epoch.
    pub epoch: Option<i64>,
}

/// The session of a token with all its seats: one indexed read (design, decision 3).
///
/// # Errors
/// The database's fault.
pub async fn actor_rows(conn: &mut AsyncPgConnection, token: &TokenHash) -> Sql<Vec<ActorRow>> {
    session_actors::table.filter(session_actors::token_hash.eq(token)).select(ActorRow::as_select()).load(conn).await
}

/// The facts of a log-in, for the audit entry.
#[must_use]
pub fn detail(client: &str, session: SessionId) -> Value {
    json!({ "client": client, "session": session })
}
