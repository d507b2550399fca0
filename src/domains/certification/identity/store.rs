//! The only SQL on `certifications` and `identity_keys`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{certifications as c, identity_keys as k};
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

/// The certification of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Certification {
    /// Whose.
    pub account_id: AccountId,
    /// `DOCUMENT` or `PAYMENT_ACCOUNT`.
    pub method: String,
    /// Who issued the document.
    pub region: String,
    /// The name, sealed.
    pub name: Vec<u8>,
    /// The number, sealed.
    pub number: Vec<u8>,
    /// The hash of the name.
    pub name_key: Vec<u8>,
    /// The hash of the phone number that belongs to the identity.
    pub phone_key: Vec<u8>,
    /// `WAITING`, `PASSED` or `FAILED`.
    pub real_name: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it passed.
    pub real_name_at: Option<Instant>,
    /// When its owner was last seen to be its owner.
    pub real_person_at: Option<Instant>,
    /// When the next review is announced.
    pub review_at: Option<Instant>,
    /// Whether there is a reason to look at random times as well.
    pub bad_record: bool,
    /// Since when selling is taken away.
    pub suspended_at: Option<Instant>,
}

/// An identity that is to be checked.
pub struct NewIdentity<'a> {
    /// Whose.
    pub account: AccountId,
    /// `DOCUMENT` or `PAYMENT_ACCOUNT`.
    pub method: &'static str,
    /// Who issued the document.
    pub region: &'a str,
    /// The name, sealed.
    pub name: &'a [u8],
    /// The number, sealed.
    pub number: &'a [u8],
    /// The hash of the number.
    pub number_key: &'a KeyedHash,
    /// The hash of the name.
    pub name_key: &'a KeyedHash,
    /// The hash of the phone number.
    pub phone_key: &'a [u8],
    /// When.
    pub now: Instant,
}

/// The certification of an account, if it has begun one.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Certification>> {
    c::table.find(account).select(Certification::as_select()).first(conn).await.optional()
}

/// The same, locked for a change.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Certification>> {
    c::table.find(account).select(Certification::as_select()).for_update().first(conn).await.optional()
}

/// Reserves an identity for an account; says whether it was free. Of two who try at once one gets it.
///
/// # Errors
/// The database's fault.
pub async fn reserve(conn: &mut AsyncPgConnection, key: &KeyedHash, account: AccountId) -> Sql<bool> {
    let row = (k::number_key.eq(key.as_slice()), k::account_id.eq(account));
    let reserved = diesel::insert_into(k::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    Ok(reserved == 1)
}

/// Gives up the identity that an account had reserved.
///
/// # Errors
/// The database's fault.
pub async fn release(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(k::table.filter(k::account_id.eq(account))).execute(conn).await
}

/// Begins the certification of an account, or begins it anew after it failed.
///
/// # Errors
/// The database's fault.
pub async fn begin(conn: &mut AsyncPgConnection, new: &NewIdentity<'_>) -> Sql<usize> {
    let identity = (
        c::method.eq(new.method),
        c::region.eq(new.region),
        c::name.eq(new.name),
        c::number.eq(new.number),
        c::number_key.eq(new.number_key.as_slice()),
        c::name_key.eq(new.name_key.as_slice()),
        c::phone_key.eq(new.phone_key),
        c::real_name.eq("WAITING"),
        c::reason.eq(None::<&str>),
        c::started_at.eq(new.now),
    );
    diesel::insert_into(c::table)
        .values((c::account_id.eq(new.account), identity))
        .on_conflict(c::account_id)
        .do_update()
        .set(identity)
        .execute(conn)
        .await
}

/// Notes that an identity is right.
///
/// # Errors
/// The database's fault.
pub async fn real_name_passed(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<usize> {
    let passed = (c::real_name.eq("PASSED"), c::real_name_at.eq(now));
    diesel::update(c::table.find(account)).set(passed).execute(conn).await
}

/// Notes that an identity is wrong.
///
/// # Errors
/// The database's fault.
pub async fn real_name_failed(conn: &mut AsyncPgConnection, account: AccountId, reason: &str) -> Sql<usize> {
    let failed = (c::real_name.eq("FAILED"), c::reason.eq(reason));
    diesel::update(c::table.find(account)).set(failed).execute(conn).await
}

/// Notes that its owner was seen, which gives back what a failed review took away; and when the next review is due.
///
/// # Errors
/// The database's fault.
pub async fn real_person_passed(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: Instant,
    review_at: Instant,
) -> Sql<usize> {
    let passed = (c::real_person_at.eq(now), c::review_at.eq(review_at), c::suspended_at.eq(None::<Instant>));
    diesel::update(c::table.find(account)).set(passed).execute(conn).await
}

/// Takes selling away until a review is passed; the record is a bad one from then on.
///
/// # Errors
/// The database's fault.
pub async fn suspend(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<usize> {
    let row = c::table.find(account);
    let suspended = (c::suspended_at.eq(now), c::bad_record.eq(true), c::review_at.eq(None::<Instant>));
    diesel::update(row).set(suspended).execute(conn).await
}

/// Plans the next review.
///
/// # Errors
/// The database's fault.
pub async fn plan_review(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    review_at: Option<Instant>,
    bad_record: bool,
) -> Sql<usize> {
    let row = c::table.find(account);
    diesel::update(row).set((c::review_at.eq(review_at), c::bad_record.eq(bad_record))).execute(conn).await
}

/// Accounts whose review is due, the longest due first.
///
/// # Errors
/// The database's fault.
pub async fn due(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<AccountId>> {
    let rows = c::table.filter(c::review_at.le(now)).order(c::review_at).limit(most);
    rows.select(c::account_id).load(conn).await
}
