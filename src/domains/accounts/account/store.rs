//! The only SQL on `accounts` and `login_names`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::{Account, Profile, login_key};
use crate::db::RunQueryDsl;
use crate::db::schema::{accounts, login_names};
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// A new account.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// The id.
    pub id: AccountId,
    /// The name it logs in by.
    pub login: &'a str,
    /// `PERSON`, `ENTERPRISE` or `OPERATOR`.
    pub kind: &'a str,
    /// The name that others see.
    pub display_name: &'a str,
    /// The hash of its password.
    pub password_hash: &'a str,
    /// When.
    pub now: Instant,
}

/// Adds an account; says whether its log-in name was free (requirement 1.1).
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &NewAccount<'_>) -> Sql<bool> {
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(new.id),
            accounts::login.eq(new.login),
            accounts::kind.eq(new.kind),
            accounts::display_name.eq(new.display_name),
            accounts::password_hash.eq(new.password_hash),
            accounts::state.eq("ACTIVE"),
            accounts::time_zone.eq("Asia/Shanghai"),
            accounts::created_at.eq(new.now),
        ))
        .execute(conn)
        .await?;
    let named = diesel::insert_into(login_names::table)
        .values((login_names::name_key.eq(login_key(new.login)), login_names::account_id.eq(new.id)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(named == 1)
}

/// What others may see of accounts, by id.
///
/// # Errors
/// The database's fault.
pub async fn profiles(conn: &mut AsyncPgConnection, ids: &[AccountId]) -> Sql<Vec<Profile>> {
    accounts::table.filter(accounts::id.eq_any(ids)).select(Profile::as_select()).load(conn).await
}

/// The account of a log-in name.
///
/// # Errors
/// The database's fault.
pub async fn by_login(conn: &mut AsyncPgConnection, login: &str) -> Sql<Option<Account>> {
    login_names::table
        .inner_join(accounts::table)
        .filter(login_names::name_key.eq(login_key(login)))
        .select(Account::as_select())
        .first(conn)
        .await
        .optional()
}

/// What a password is compared with.
#[derive(Debug, Clone, Queryable)]
pub struct Credentials {
    /// The account.
    pub id: AccountId,
    /// Its log-in name.
    pub login: String,
    /// The hash of its password.
    pub password_hash: String,
    /// Whether it is active.
    pub active: bool,
}

/// What the password of a log-in name is compared with.
///
/// # Errors
/// The database's fault.
pub async fn credentials(conn: &mut AsyncPgConnection, login: &str) -> Sql<Option<Credentials>> {
    login_names::table
        .inner_join(accounts::table)
        .filter(login_names::name_key.eq(login_key(login)))
        .select((accounts::id, accounts::login, accounts::password_hash, accounts::state.eq("ACTIVE")))
        .first(conn)
        .await
        .optional()
}

/// The same for an account that is known by a contact.
///
/// # Errors
/// The database's fault.
pub async fn credentials_by_id(conn: &mut AsyncPgConnection, id: AccountId) -> Sql<Option<Credentials>> {
    accounts::table
        .find(id)
        .select((accounts::id, accounts::login, accounts::password_hash, accounts::state.eq("ACTIVE")))
        .first(conn)
        .await
        .optional()
}

/// Sets the hash of an account's password.
///
/// # Errors
/// The database's fault.
pub async fn set_password(conn: &mut AsyncPgConnection, id: AccountId, hash: &str) -> Sql<usize> {
    diesel::update(accounts::table.find(id)).set(accounts::password_hash.eq(hash)).execute(conn).await
}

/// Sets another hash in the place of `old`; says whether that was the one that counted.
///
/// # Errors
/// The database's fault.
pub async fn replace_password(conn: &mut AsyncPgConnection, id: AccountId, old: &str, new: &str) -> Sql<bool> {
    let row = accounts::table.find(id).filter(accounts::password_hash.eq(old));
    Ok(diesel::update(row).set(accounts::password_hash.eq(new)).execute(conn).await? == 1)
}

/// The hash of an account's password.
///
/// # Errors
/// The database's fault.
pub async fn password_hash(conn: &mut AsyncPgConnection, id: AccountId) -> Sql<Option<String>> {
    accounts::table.find(id).select(accounts::password_hash).first(conn).await.optional()
}

/// Locks an account for a change of its state.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: AccountId) -> Sql<Option<Account>> {
    accounts::table.find(id).select(Account::as_select()).for_update().first(conn).await.optional()
}

/// Changes the state of an account.
///
/// # Errors
/// The database's fault.
pub async fn set_state(conn: &mut AsyncPgConnection, id: AccountId, state: &str) -> Sql<usize> {
    diesel::update(accounts::table.find(id)).set(accounts::state.eq(state)).execute(conn).await
}

/// The names of the open shops whose main account this is.
///
/// # Errors
/// The database's fault.
pub async fn open_shops(conn: &mut AsyncPgConnection, id: AccountId) -> Sql<Vec<String>> {
    use crate::db::schema::shops;
    shops::table
        .filter(shops::main_account_id.eq(id).and(shops::state.eq("OPEN")))
        .order(shops::id)
        .limit(5)
        .select(shops::name)
        .load(conn)
        .await
}

/// Whether there is any account at all.
///
/// # Errors
/// The database's fault.
pub async fn any(conn: &mut AsyncPgConnection) -> Sql<bool> {
    diesel::select(diesel::dsl::exists(accounts::table.select(accounts::id))).get_result(conn).await
}

/// Deletes what says who an account was, its log-in name included: the row stays for those who name its id.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, id: AccountId) -> Sql<usize> {
    diesel::delete(login_names::table.filter(login_names::account_id.eq(id))).execute(conn).await?;
    diesel::update(accounts::table.find(id))
        .set((
            accounts::login.eq(format!("deleted-{id}")),
            accounts::display_name.eq("***"),
            accounts::password_hash.eq(""),
            accounts::state.eq("DELETED"),
        ))
        .execute(conn)
        .await
}
