//! The only SQL on `payment_methods`; whether a payment is under way is read from `payments`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::{Method, MethodKind};
use crate::db::schema::{payment_methods as m, payments as p};
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, PaymentMethodId};
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

/// What is kept of a method besides what is shown.
#[derive(Debug, Default)]
pub struct Sealed {
    /// The log-in name of a payment account.
    pub handle: Option<Vec<u8>>,
    /// Its keyed hash.
    pub handle_key: Option<KeyedHash>,
    /// The vault's token of a card.
    pub token: Option<Vec<u8>>,
}

/// Adds a method.
///
/// # Errors
/// The database's fault; a `UniqueViolation` for a second payment account.
pub async fn insert(conn: &mut AsyncPgConnection, method: &Method, sealed: &Sealed) -> Sql<usize> {
    diesel::insert_into(m::table)
        .values((
            m::account_id.eq(method.account_id),
            m::id.eq(method.id),
            m::kind.eq(&method.kind),
            m::state.eq(&method.state),
            m::label.eq(&method.label),
            m::brand.eq(&method.brand),
            m::last_four.eq(&method.last_four),
            m::expiry_year.eq(method.expiry_year),
            m::expiry_month.eq(method.expiry_month),
            m::created_at.eq(method.created_at),
            m::verified_at.eq(method.verified_at),
            (
                m::handle.eq(&sealed.handle),
                m::handle_key.eq(sealed.handle_key.as_ref().map(|key| key.as_slice())),
                m::token.eq(&sealed.token),
            ),
        ))
        .execute(conn)
        .await
}

/// The methods of an account that were not removed, the oldest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Method>> {
    m::table
        .filter(m::account_id.eq(account).and(m::state.ne("REMOVED")))
        .order(m::id)
        .limit(100)
        .select(Method::as_select())
        .load(conn)
        .await
}

/// Methods of an account by id, removed ones too, in no order.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, owner: AccountId, ids: &[PaymentMethodId]) -> Sql<Vec<Method>> {
    m::table.filter(m::account_id.eq(owner).and(m::id.eq_any(ids))).select(Method::as_select()).load(conn).await
}

/// Methods by owner and id, removed ones too, in no order.
///
/// # Errors
/// The database's fault.
pub async fn by_keys(conn: &mut AsyncPgConnection, keys: &[(AccountId, PaymentMethodId)]) -> Sql<Vec<Method>> {
    let (owners, ids): (Vec<AccountId>, Vec<PaymentMethodId>) = keys.iter().copied().unzip();
    m::table.filter(m::account_id.eq_any(owners).and(m::id.eq_any(ids))).select(Method::as_select()).load(conn).await
}

/// The payment account of an account, verified or not.
///
/// # Errors
/// The database's fault.
pub async fn payment_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Method>> {
    m::table
        .filter(m::account_id.eq(account).and(m::kind.eq(MethodKind::Balance.text())).and(m::state.ne("REMOVED")))
        .select(Method::as_select())
        .first(conn)
        .await
        .optional()
}

/// The sealed log-in name of a payment account.
///
/// # Errors
/// The database's fault.
pub async fn handle(conn: &mut AsyncPgConnection, account: AccountId, id: PaymentMethodId) -> Sql<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> =
        m::table.find((account, id)).filter(m::state.eq("PENDING")).select(m::handle).first(conn).await.optional()?;
    Ok(found.flatten())
}

/// The sealed log-in name of a payment account that is verified and not removed.
///
/// # Errors
/// The database's fault.
pub async fn verified_handle(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: PaymentMethodId,
) -> Sql<Option<Vec<u8>>> {
    let verified =
        m::table.find((account, id)).filter(m::kind.eq(MethodKind::Balance.text()).and(m::state.eq("ACTIVE")));
    let found: Option<Option<Vec<u8>>> = verified.select(m::handle).first(conn).await.optional()?;
    Ok(found.flatten())
}

/// The sealed token of a card that was not removed.
///
/// # Errors
/// The database's fault.
pub async fn token(conn: &mut AsyncPgConnection, account: AccountId, id: PaymentMethodId) -> Sql<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> = m::table.find((account, id)).select(m::token).first(conn).await.optional()?;
    Ok(found.flatten())
}

/// The cards of an account that were not removed, with their sealed tokens.
///
/// # Errors
/// The database's fault.
pub async fn tokens(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<(PaymentMethodId, Vec<u8>)>> {
    let cards = m::table.filter(m::account_id.eq(account).and(m::state.ne("REMOVED")).and(m::token.is_not_null()));
    cards.select((m::id, m::token.assume_not_null())).load(conn).await
}

/// How many methods an account has added since a moment.
///
/// # Errors
/// The database's fault.
pub async fn added_since(conn: &mut AsyncPgConnection, account: AccountId, since: Instant) -> Sql<i64> {
    m::table.filter(m::account_id.eq(account).and(m::created_at.gt(since))).count().get_result(conn).await
}

/// Notes that a payment account is verified, if it waits for that.
///
/// # Errors
/// The database's fault; a `UniqueViolation` when another account has verified it.
pub async fn verify(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: PaymentMethodId,
    now: Instant,
) -> Sql<Option<Method>> {
    diesel::update(m::table.find((account, id)).filter(m::state.eq("PENDING")))
        .set((m::state.eq("ACTIVE"), m::verified_at.eq(now)))
        .returning(Method::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Whether a payment account of this log-in name is verified, whoever has it.
///
/// # Errors
/// The database's fault.
pub async fn is_taken(conn: &mut AsyncPgConnection, key: &KeyedHash) -> Sql<bool> {
    let active = m::kind.eq(fixed("BALANCE")).and(m::state.eq(fixed("ACTIVE")));
    let taken = m::table.filter(active.and(m::handle_key.eq(key.as_slice())));
    diesel::select(diesel::dsl::exists(taken)).get_result(conn).await
}

/// Removes a method: it stays, without its token. Gives what it was, if it was there.
///
/// # Errors
/// The database's fault.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: PaymentMethodId,
    now: Instant,
) -> Sql<Option<Method>> {
    diesel::update(m::table.find((account, id)).filter(m::state.ne("REMOVED")))
        .set((
            m::state.eq("REMOVED"),
            m::removed_at.eq(now),
            m::token.eq(None::<Vec<u8>>),
            m::handle.eq(None::<Vec<u8>>),
        ))
        .returning(Method::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Whether a payment of an account waits that may still use the method.
///
/// # Errors
/// The database's fault.
pub async fn in_use(conn: &mut AsyncPgConnection, account: AccountId, id: PaymentMethodId) -> Sql<bool> {
    let pending = p::table.filter(p::payer_account_id.eq(account).and(p::state.eq("PENDING")).and(p::method_id.eq(id)));
    diesel::select(diesel::dsl::exists(pending)).get_result(conn).await
}
