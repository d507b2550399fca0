//! The only SQL on `family_links`. A link is addressed by one of its two accounts: nobody else finds it.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::{FamilyLink, Relation};
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::family_links as f;
use crate::domains::accounts::token::TokenHash;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, FamilyLinkId};
use crate::kernel::page::{Page, Slice};
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

/// The index that lets one link stand from one account to another.
pub const ONCE: &str = "family_links_once";

/// An invitation that is to be made.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Who invites.
    pub inviter: AccountId,
    /// The id.
    pub id: FamilyLinkId,
    /// What the relative is to the inviter.
    pub relation: Relation,
    /// What the inviter calls the relative.
    pub name: &'a str,
    /// The relative's number, sealed, and the hash by which it is compared.
    pub phone: Option<(&'a [u8], &'a KeyedHash)>,
    /// The hash of the token in the link.
    pub token_hash: &'a TokenHash,
    /// When.
    pub now: Instant,
    /// Until when it is good.
    pub expires_at: Instant,
}

/// Adds an invitation.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &NewInvitation<'_>) -> Sql<FamilyLink> {
    diesel::insert_into(f::table)
        .values((
            f::inviter_account_id.eq(new.inviter),
            f::id.eq(new.id),
            f::relation.eq(new.relation.text()),
            f::relative_name.eq(new.name),
            f::phone.eq(new.phone.map(|(sealed, _)| sealed)),
            f::phone_key.eq(new.phone.map(|(_, key)| key.as_slice())),
            f::token_hash.eq(new.token_hash),
            f::state.eq("PENDING"),
            f::invited_at.eq(new.now),
            f::expires_at.eq(new.expires_at),
        ))
        .returning(FamilyLink::as_returning())
        .get_result(conn)
        .await
}

/// How many invitations of an account wait for an answer.
///
/// # Errors
/// The database's fault.
pub async fn pending(conn: &mut AsyncPgConnection, inviter: AccountId, now: Instant) -> Sql<i64> {
    let waiting = f::state.eq("PENDING").and(f::expires_at.gt(now));
    f::table.filter(f::inviter_account_id.eq(inviter).and(waiting)).count().get_result(conn).await
}

/// Locks the invitation of a token.
///
/// # Errors
/// The database's fault.
pub async fn lock_by_token(conn: &mut AsyncPgConnection, hash: &TokenHash) -> Sql<Option<FamilyLink>> {
    f::table.filter(f::token_hash.eq(hash)).select(FamilyLink::as_select()).for_update().first(conn).await.optional()
}

/// The invitation of a token.
///
/// # Errors
/// The database's fault.
pub async fn by_token(conn: &mut AsyncPgConnection, hash: &TokenHash) -> Sql<Option<FamilyLink>> {
    f::table.filter(f::token_hash.eq(hash)).select(FamilyLink::as_select()).first(conn).await.optional()
}

/// Locks a link of an account, whichever side it is on.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, account: AccountId, id: FamilyLinkId) -> Sql<Option<FamilyLink>> {
    let mine = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
    f::table
        .filter(f::id.eq(id).and(mine.assume_not_null()))
        .select(FamilyLink::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// A link of an account, whichever side it is on.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: FamilyLinkId) -> Sql<Option<FamilyLink>> {
    let mine = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
    f::table
        .filter(f::id.eq(id).and(mine.assume_not_null()))
        .select(FamilyLink::as_select())
        .first(conn)
        .await
        .optional()
}

/// Notes the answer to an invitation that is locked.
///
/// # Errors
/// A `UniqueViolation` of [`ONCE`] when a link stands between the two already; the database's fault.
pub async fn answer(
    conn: &mut AsyncPgConnection,
    link: &FamilyLink,
    relative: Option<AccountId>,
    now: Instant,
) -> Sql<FamilyLink> {
    let state = if relative.is_some() { "ACCEPTED" } else { "DECLINED" };
    diesel::update(f::table.find((link.inviter_account_id, link.id)).filter(f::state.eq("PENDING")))
        .set((f::state.eq(state), f::relative_account_id.eq(relative), f::decided_at.eq(now)))
        .returning(FamilyLink::as_returning())
        .get_result(conn)
        .await
}

/// Takes an invitation back that is locked.
///
/// # Errors
/// The database's fault.
pub async fn revoke(conn: &mut AsyncPgConnection, link: &FamilyLink, now: Instant) -> Sql<FamilyLink> {
    diesel::update(f::table.find((link.inviter_account_id, link.id)).filter(f::state.eq("PENDING")))
        .set((f::state.eq("REVOKED"), f::decided_at.eq(now)))
        .returning(FamilyLink::as_returning())
        .get_result(conn)
        .await
}

/// Ends a link that is locked.
///
/// # Errors
/// The database's fault.
pub async fn end(conn: &mut AsyncPgConnection, link: &FamilyLink, by: AccountId, now: Instant) -> Sql<FamilyLink> {
    diesel::update(f::table.find((link.inviter_account_id, link.id)).filter(f::state.eq("ACCEPTED")))
        .set((f::state.eq("ENDED"), f::ended_at.eq(now), f::ended_by.eq(crate::kernel::ids::TypedId::uuid(by))))
        .returning(FamilyLink::as_returning())
        .get_result(conn)
        .await
}

/// A page of an account's links and of the invitations that it sent, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    standing_only: bool,
    page: &Page<FamilyLinkId>,
) -> Sql<Slice<FamilyLink>> {
    let mine = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
    let mut query = f::table.filter(mine.assume_not_null()).select(FamilyLink::as_select()).into_boxed();
    if standing_only {
        query = query.filter(f::state.eq("ACCEPTED"));
    }
    page_by!(conn, query, f::id, newest_first, page)
}

/// The accounts that a link stands between `account` and, at most 100; for lists of contacts.
///
/// # Errors
/// The database's fault.
pub async fn standing(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<FamilyLink>> {
    let mine = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
    f::table
        .filter(f::state.eq("ACCEPTED").and(mine.assume_not_null()))
        .order(f::id)
        .limit(100)
        .select(FamilyLink::as_select())
        .load(conn)
        .await
}
