//! The only SQL on `sessions` and its views. Log-in also reads the passwords that `staff` wrote, and their owners change them.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};

use crate::db::schema::{
    accounts, login_names, permission_epochs, refresh_tokens, seats, session_subjects, session_versions, sessions,
    shops, sub_accounts,
};
use crate::db::{Batch, Db, RunQueryDsl};
use crate::domains::accounts::account::model::login_key;
use crate::kernel::ids::{AccountId, DeviceId, SessionId, ShopId, SubAccountId};
use crate::kernel::{Fault, Instant, Subject};

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
    /// Until when its access token counts.
    pub expires_at: Instant,
    /// Until when it can be refreshed.
    pub lasts_until: Instant,
    /// The device, if it is known.
    pub device: Option<DeviceId>,
    /// How a sub-account logged in, as login policies name it.
    pub method: Option<&'a str>,
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
            sessions::lasts_until.eq(new.lasts_until),
            sessions::device_id.eq(new.device),
            sessions::method.eq(new.method),
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

/// Those of some sessions that are open at a moment.
///
/// # Errors
/// The database's fault.
pub async fn open_among(conn: &mut AsyncPgConnection, ids: &[SessionId], at: Instant) -> Sql<Vec<SessionId>> {
    sessions::table
        .filter(sessions::id.eq_any(ids).and(sessions::expires_at.gt(at)))
        .filter(sessions::ended_at.is_null().or(sessions::ended_at.gt(at)))
        .select(sessions::id)
        .load(conn)
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

/// Ends a session of an account; says how many were open.
///
/// # Errors
/// The database's fault.
pub async fn end_own(conn: &mut AsyncPgConnection, account: AccountId, id: SessionId, now: Instant) -> Sql<usize> {
    let own = sessions::account_id.eq(account).and(sessions::id.eq(id));
    diesel::update(sessions::table.filter(own.and(sessions::ended_at.is_null())))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Ends every session of an account but one.
///
/// # Errors
/// The database's fault.
pub async fn end_others(conn: &mut AsyncPgConnection, account: AccountId, but: SessionId, now: Instant) -> Sql<usize> {
    let others = sessions::account_id.eq(account).and(sessions::id.ne(but));
    diesel::update(sessions::table.filter(others.and(sessions::ended_at.is_null())))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Ends the sessions of a device.
///
/// # Errors
/// The database's fault.
pub async fn end_of_device(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    device: DeviceId,
    now: Instant,
) -> Sql<usize> {
    let its = sessions::account_id.eq(account).and(sessions::device_id.eq(device));
    diesel::update(sessions::table.filter(its.and(sessions::ended_at.is_null())))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// An open session as its owner sees it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct OpenSession {
    /// The session.
    pub id: SessionId,
    /// The client.
    pub client: String,
    /// The address.
    pub ip: Option<String>,
    /// The client program.
    pub user_agent: Option<String>,
    /// The device, if it is known.
    pub device_id: Option<DeviceId>,
    /// When it was opened.
    pub created_at: Instant,
    /// Until when its access token counts.
    pub expires_at: Instant,
    /// Until when it can be refreshed.
    pub lasts_until: Option<Instant>,
}

/// The sessions of an account that can still be used or refreshed, the newest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn open_of_account(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<Vec<OpenSession>> {
    let alive = sessions::expires_at.gt(now).or(sessions::lasts_until.gt(now).assume_not_null());
    sessions::table
        .filter(sessions::account_id.eq(account).and(sessions::ended_at.is_null()).and(alive))
        .order(sessions::id.desc())
        .limit(100)
        .select(OpenSession::as_select())
        .load(conn)
        .await
}

/// Keeps the hash of a refresh token.
///
/// # Errors
/// The database's fault.
pub async fn add_refresh_token(conn: &mut AsyncPgConnection, hash: &[u8], id: SessionId, now: Instant) -> Sql<usize> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash),
            refresh_tokens::session_id.eq(id),
            refresh_tokens::created_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// Uses a refresh token: gives its session, and whether it was the first time. Of two at once, one is the first.
///
/// # Errors
/// The database's fault.
pub async fn use_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: Instant,
) -> Sql<Option<(SessionId, bool)>> {
    let first: Option<SessionId> = diesel::update(refresh_tokens::table.find(hash))
        .filter(refresh_tokens::used_at.is_null())
        .set(refresh_tokens::used_at.eq(now))
        .returning(refresh_tokens::session_id)
        .get_result(conn)
        .await
        .optional()?;
    if let Some(session) = first {
        return Ok(Some((session, true)));
    }
    let used: Option<SessionId> =
        refresh_tokens::table.find(hash).select(refresh_tokens::session_id).first(conn).await.optional()?;
    Ok(used.map(|session| (session, false)))
}

/// An open session that is locked.
#[derive(Debug, Clone)]
pub struct Locked {
    account: Option<AccountId>,
    shop: Option<ShopId>,
    sub_account: Option<SubAccountId>,
    /// Until when it can be refreshed.
    pub lasts_until: Instant,
    /// The client that it was opened with.
    pub client: String,
    /// How it was opened, as login policies name it, if that is known.
    pub method: Option<String>,
}

impl Locked {
    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match (self.account, self.shop, self.sub_account) {
            (Some(id), ..) => Some(Subject::Account { id }),
            (None, Some(shop), Some(id)) => Some(Subject::SubAccount { shop, id }),
            _ => None,
        }
    }
}

/// Locks a session that has not ended and may still be refreshed.
///
/// # Errors
/// The database's fault.
pub async fn lock_open(conn: &mut AsyncPgConnection, id: SessionId, now: Instant) -> Sql<Option<Locked>> {
    use sessions as s;
    type Row = (Option<AccountId>, Option<ShopId>, Option<SubAccountId>, Option<Instant>, String, Option<String>);
    let row: Option<Row> = s::table
        .filter(s::id.eq(id).and(s::ended_at.is_null()))
        .select((s::account_id, s::shop_id, s::sub_account_id, s::lasts_until, s::client, s::method))
        .for_update()
        .first(conn)
        .await
        .optional()?;
    Ok(row.and_then(|(account, shop, sub_account, lasts_until, client, method)| {
        let lasts_until = lasts_until.filter(|until| now < *until)?;
        Some(Locked { account, shop, sub_account, lasts_until, client, method })
    }))
}

/// Gives a session another access token: the one before is worth nothing from then on.
///
/// # Errors
/// The database's fault.
pub async fn rotate(conn: &mut AsyncPgConnection, id: SessionId, hash: &[u8], expires_at: Instant) -> Sql<usize> {
    diesel::update(sessions::table.filter(sessions::id.eq(id)))
        .set((sessions::token_hash.eq(hash), sessions::expires_at.eq(expires_at)))
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

/// Ends every session of a sub-account but one.
///
/// # Errors
/// The database's fault.
pub async fn end_others_of_sub_account(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    but: SessionId,
    now: Instant,
) -> Sql<usize> {
    let others = sessions::shop_id.eq(shop).and(sessions::sub_account_id.eq(id)).and(sessions::id.ne(but));
    diesel::update(sessions::table.filter(others).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Marks a session as stepped up by a factor.
///
/// # Errors
/// The database's fault.
pub async fn step_up(conn: &mut AsyncPgConnection, id: SessionId, factor: &str, now: Instant) -> Sql<usize> {
    diesel::update(sessions::table.filter(sessions::id.eq(id)))
        .set((sessions::stepped_up_at.eq(now), sessions::step_up_factor.eq(factor)))
        .execute(conn)
        .await
}

/// Takes a step-up from a session, if it is still the one of that moment; says whether it was.
///
/// # Errors
/// The database's fault.
pub async fn use_up_step_up(conn: &mut AsyncPgConnection, id: SessionId, at: Instant) -> Sql<bool> {
    let same = sessions::id.eq(id).and(sessions::stepped_up_at.eq(at));
    let none = (sessions::stepped_up_at.eq(None::<Instant>), sessions::step_up_factor.eq(None::<String>));
    Ok(diesel::update(sessions::table.filter(same)).set(none).execute(conn).await? == 1)
}

/// When an open session was last stepped up, and by which factor.
///
/// # Errors
/// The database's fault.
pub async fn stepped_up(conn: &mut AsyncPgConnection, id: SessionId) -> Sql<Option<(Instant, String)>> {
    let row: Option<(Option<Instant>, Option<String>)> = sessions::table
        .filter(sessions::id.eq(id).and(sessions::ended_at.is_null()))
        .select((sessions::stepped_up_at, sessions::step_up_factor))
        .first(conn)
        .await
        .optional()?;
    Ok(row.and_then(|(at, factor)| at.zip(factor)))
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

/// Sets another hash of a sub-account's password in the place of `old`; says whether that was the one that counted.
///
/// # Errors
/// The database's fault.
pub async fn replace_sub_account_password(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    old: &str,
    new: &str,
) -> Sql<bool> {
    let row = sub_accounts::table.find((shop, id)).filter(sub_accounts::password_hash.eq(old));
    Ok(diesel::update(row).set(sub_accounts::password_hash.eq(new)).execute(conn).await? == 1)
}

/// An open session and who it is; of a sub-account, its seat as well.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = session_subjects)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct SessionRow {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
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
    /// The log-in name of the account, or of the sub-account's main account.
    pub login: String,
    /// The kind of that account.
    pub kind: String,
    /// The sub-account's name.
    pub sub_account_name: Option<String>,
    /// The sub-account's shop.
    pub shop_id: Option<ShopId>,
    /// The sub-account.
    pub sub_account_id: Option<SubAccountId>,
    /// How high its position stands.
    pub seat_rank: Option<i32>,
    /// The shop's time zone.
    pub shop_time_zone: Option<String>,
    /// The shop's currency.
    pub shop_currency: Option<String>,
    /// What it stands by: the shop's permission epoch, or the account's version.
    pub version: i64,
    /// Whether its account has to confirm something before it acts.
    pub restricted: bool,
    /// By which method it was opened, if that is known.
    pub method: Option<String>,
}

/// A place from which an account acts: a shop of its own, or one that it manages for somebody (requirement 4.19).
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = seats)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct SeatRow {
    /// The shop of the seat.
    pub shop_id: ShopId,
    /// The sub-account that the seat is; `None` for the main account.
    pub sub_account_id: Option<SubAccountId>,
    /// The name of the seat.
    pub seat_name: String,
    /// How high it stands.
    pub seat_rank: i32,
    /// The shop's time zone.
    pub shop_time_zone: String,
    /// The shop's currency.
    pub shop_currency: String,
    /// The shop's permission epoch.
    pub epoch: i64,
}

/// The open session of a token's hash.
#[derive(Default)]
pub struct SessionByToken;

impl Batch for SessionByToken {
    type Key = [u8; 32];
    type Value = Arc<SessionRow>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let mut conn = db.get().await?;
        let rows: Vec<SessionRow> = session_subjects::table
            .filter(session_subjects::token_hash.eq_any(keys.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>()))
            .select(SessionRow::as_select())
            .load(&mut conn)
            .await?;
        let keyed =
            rows.into_iter().filter_map(|row| Some((row.token_hash.as_slice().try_into().ok()?, Arc::new(row))));
        Ok(keyed.collect())
    }
}

/// What an open session stands by now.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Until when the session counts.
    pub expires_at: Instant,
    /// When it was last stepped up.
    pub stepped_up_at: Option<Instant>,
    /// The shop's permission epoch, or the account's version.
    pub version: i64,
}

/// What the open session of a token's hash stands by: the one read that every request makes.
#[derive(Default)]
pub struct StandingOfToken;

impl Batch for StandingOfToken {
    type Key = [u8; 32];
    type Value = Standing;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        use session_versions as v;
        let mut conn = db.get().await?;
        let rows: Vec<(Vec<u8>, Instant, Option<Instant>, i64)> = v::table
            .filter(v::token_hash.eq_any(keys.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>()))
            .select((v::token_hash, v::expires_at, v::stepped_up_at, v::version))
            .load(&mut conn)
            .await?;
        let keyed = rows.into_iter().filter_map(|(hash, expires_at, stepped_up_at, version)| {
            Some((hash.as_slice().try_into().ok()?, Standing { expires_at, stepped_up_at, version }))
        });
        Ok(keyed.collect())
    }
}

/// The permission epoch of a shop.
#[derive(Default)]
pub struct EpochOfShop;

impl Batch for EpochOfShop {
    type Key = ShopId;
    type Value = i64;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        use permission_epochs as e;
        let mut conn = db.get().await?;
        let rows: Vec<(ShopId, i64)> =
            e::table.filter(e::shop_id.eq_any(keys)).select((e::shop_id, e::epoch)).load(&mut conn).await?;
        Ok(rows.into_iter().collect())
    }
}

/// The seats of an account.
#[derive(Default)]
pub struct SeatsOfAccount;

impl Batch for SeatsOfAccount {
    type Key = AccountId;
    type Value = Arc<Vec<SeatRow>>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let mut conn = db.get().await?;
        let rows: Vec<(AccountId, SeatRow)> = seats::table
            .filter(seats::account_id.eq_any(keys))
            .order((seats::shop_id, seats::sub_account_id))
            .select((seats::account_id, SeatRow::as_select()))
            .load(&mut conn)
            .await?;
        let mut lists: HashMap<AccountId, Vec<SeatRow>> = HashMap::new();
        for (account, seat) in rows {
            lists.entry(account).or_default().push(seat);
        }
        Ok(lists.into_iter().map(|(account, seats)| (account, Arc::new(seats))).collect())
    }
}

/// The facts of a log-in, for the audit entry.
#[must_use]
pub fn detail(client: &str, session: SessionId) -> Value {
    json!({ "client": client, "session": session })
}

/// When a session was opened.
///
/// # Errors
/// The database's fault.
pub async fn opened_at(conn: &mut AsyncPgConnection, id: SessionId) -> Sql<Option<Instant>> {
    sessions::table.filter(sessions::id.eq(id)).select(sessions::created_at).first(conn).await.optional()
}

/// Ends every session of an account and forgets where it was opened from.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<usize> {
    end_all_of_account(conn, account, now).await?;
    diesel::update(sessions::table.filter(sessions::account_id.eq(account)))
        .set((sessions::ip.eq(None::<String>), sessions::user_agent.eq(None::<String>)))
        .execute(conn)
        .await
}
