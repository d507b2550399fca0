//! The only SQL on `staff_certifications`, and on what `sub_accounts` says of it.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::db::schema::{staff_certifications as c, sub_accounts as s};
use crate::kernel::Instant;
use crate::kernel::ids::{ShopId, SubAccountId, VerificationId};
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

mod sql {
    use diesel::sql_types::{Binary, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Whether an identity certifies somebody of a shop besides one (`migrations/…65`).
        fn identity_in_shop(shop: SqlUuid, besides: SqlUuid, key: Binary) -> Bool;
    }
}

/// How far a sub-account has come.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct StaffCertification {
    /// The shop.
    pub shop_id: ShopId,
    /// The sub-account.
    pub sub_account_id: SubAccountId,
    /// `CODE`, `SCANNED`, `IDENTITY`, `NAMED`, `FACE` or `PASSED`; `IDENTITY` and `FACE` wait for the answer to a question.
    pub state: String,
    /// When the code is too old.
    pub code_expires_at: Instant,
    /// Who scanned it, as an id.
    pub scanned_by: Option<String>,
    /// The name, sealed.
    pub name: Option<Vec<u8>>,
    /// The number, sealed.
    pub number: Option<Vec<u8>>,
    /// Why the last answer was no.
    pub reason: Option<String>,
}

/// How far a sub-account has come.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<StaffCertification>> {
    c::table.find((shop, id)).select(StaffCertification::as_select()).first(conn).await.optional()
}

/// Whose code this is.
///
/// # Errors
/// The database's fault.
pub async fn by_code(conn: &mut AsyncPgConnection, hash: &KeyedHash) -> Sql<Option<StaffCertification>> {
    let found = c::table.filter(c::code_hash.eq(hash.as_slice()));
    found.select(StaffCertification::as_select()).first(conn).await.optional()
}

/// Begins anew with a code, which takes the place of the one before.
///
/// # Errors
/// The database's fault.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    code: &KeyedHash,
    expires_at: Instant,
    now: Instant,
) -> Sql<usize> {
    let nothing = None::<Vec<u8>>;
    let begun = (
        c::state.eq("CODE"),
        c::verification_id.eq(None::<Uuid>),
        c::code_hash.eq(code.as_slice()),
        c::code_expires_at.eq(expires_at),
        c::scanned_by.eq(None::<&str>),
        c::name.eq(nothing.clone()),
        c::number.eq(nothing.clone()),
        c::number_key.eq(nothing),
        c::reason.eq(None::<&str>),
        c::updated_at.eq(now),
    );
    diesel::insert_into(c::table)
        .values((c::shop_id.eq(shop), c::sub_account_id.eq(id), begun.clone()))
        .on_conflict((c::shop_id, c::sub_account_id))
        .do_update()
        .set(begun)
        .execute(conn)
        .await
}

/// Uses a code up; says whether nobody else was faster.
///
/// # Errors
/// The database's fault.
pub async fn scanned(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    code: &KeyedHash,
    by: &str,
    now: Instant,
) -> Sql<bool> {
    let mine = c::table.find((shop, id)).filter(c::code_hash.eq(code.as_slice()));
    let used = (c::state.eq("SCANNED"), c::code_hash.eq(None::<Vec<u8>>), c::scanned_by.eq(by), c::updated_at.eq(now));
    Ok(diesel::update(mine).set(used).execute(conn).await? == 1)
}

/// How far sub-accounts have come, many at a time.
///
/// # Errors
/// The database's fault.
pub async fn of_many(conn: &mut AsyncPgConnection, keys: &[(ShopId, SubAccountId)]) -> Sql<Vec<StaffCertification>> {
    let mut shops: Vec<ShopId> = keys.iter().map(|(shop, _)| *shop).collect();
    shops.sort_unstable();
    shops.dedup();
    let ids: Vec<SubAccountId> = keys.iter().map(|(_, id)| *id).collect();
    let rows = c::table.filter(c::shop_id.eq_any(shops).and(c::sub_account_id.eq_any(ids)));
    rows.select(StaffCertification::as_select()).load(conn).await
}

/// Whether an identity certifies another sub-account of the shop, or the account of one of its managers.
///
/// # Errors
/// The database's fault.
pub async fn is_taken(conn: &mut AsyncPgConnection, (shop, id): (ShopId, SubAccountId), key: &KeyedHash) -> Sql<bool> {
    diesel::select(sql::identity_in_shop(shop, id, key.as_slice())).get_result(conn).await
}

/// Notes name and number, which wait for the answer to a question.
///
/// # Errors
/// The database's fault.
pub async fn named(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    (name, number, key): (&[u8], &[u8], &KeyedHash),
    question: VerificationId,
    now: Instant,
) -> Sql<usize> {
    diesel::update(c::table.find((shop, id)))
        .set((
            c::state.eq("IDENTITY"),
            c::verification_id.eq(question),
            c::name.eq(name),
            c::number.eq(number),
            c::number_key.eq(key.as_slice()),
            c::reason.eq(None::<&str>),
            c::updated_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// Notes that a photo waits for an answer.
///
/// # Errors
/// The database's fault.
pub async fn faced(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    question: VerificationId,
    now: Instant,
) -> Sql<usize> {
    let waits = (c::state.eq("FACE"), c::verification_id.eq(question), c::updated_at.eq(now));
    diesel::update(c::table.find((shop, id))).set((waits, c::reason.eq(None::<&str>))).execute(conn).await
}

/// Notes the answer to a question, how far it has come then, and why not further. Says whether that question was waited for.
///
/// # Errors
/// The database's fault.
pub async fn answered(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    (question, kind): (VerificationId, &str),
    (next, reason): (&str, Option<&str>),
    now: Instant,
) -> Sql<bool> {
    let waiting = c::table.find((shop, id)).filter(c::verification_id.eq(question).and(c::state.eq(kind)));
    let answer = (c::state.eq(next), c::verification_id.eq(None::<Uuid>), c::reason.eq(reason), c::updated_at.eq(now));
    Ok(diesel::update(waiting).set(answer).execute(conn).await? == 1)
}

/// Gives an identity up that was wrong.
///
/// # Errors
/// The database's fault.
pub async fn unname(conn: &mut AsyncPgConnection, (shop, id): (ShopId, SubAccountId)) -> Sql<usize> {
    let nothing = None::<Vec<u8>>;
    let none = (c::name.eq(nothing.clone()), c::number.eq(nothing.clone()), c::number_key.eq(nothing));
    diesel::update(c::table.find((shop, id))).set(none).execute(conn).await
}

/// Notes that a sub-account is certified. A trigger moves the shop's epoch: it holds with the next request.
///
/// # Errors
/// The database's fault.
pub async fn certified(conn: &mut AsyncPgConnection, (shop, id): (ShopId, SubAccountId), now: Instant) -> Sql<usize> {
    diesel::update(s::table.find((shop, id))).set(s::certified_at.eq(now)).execute(conn).await
}
