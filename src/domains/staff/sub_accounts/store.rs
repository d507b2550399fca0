//! The only writing SQL on `sub_accounts` and `position_assignments`, but for the password that a sub-account changes itself.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;

use super::model::{State, SubAccount};
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::{position_assignments as pa, shops, sub_accounts as s};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, PositionId, ShopId, SubAccountId};
use crate::kernel::names::fold;
use crate::kernel::page::{Page, Slice};
use crate::permissions::ReadPermit;

type Sql<T> = Result<T, diesel::result::Error>;

mod sql {
    use diesel::sql_types::{Nullable, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Since when the account behind a seat is certified (`migrations/…65`).
        fn seat_certified_at(shop: SqlUuid, seat: SqlUuid, account: Nullable<SqlUuid>) -> Nullable<Timestamptz>;
    }
}

/// Adds a sub-account. Its name must be free: look with [`by_name`] first, under the lock of the shop's epoch.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &SubAccount, password_hash: Option<&str>) -> Sql<usize> {
    diesel::insert_into(s::table)
        .values((
            s::shop_id.eq(new.shop_id),
            s::id.eq(new.id),
            s::name.eq(&new.name),
            s::name_key.eq(fold(&new.name)),
            s::display_name.eq(&new.display_name),
            s::position_id.eq(new.position_id),
            s::password_hash.eq(password_hash),
            s::linked_account_id.eq(new.linked_account_id),
            s::state.eq(new.state.text()),
            s::created_at.eq(new.created_at),
            s::certify_by.eq(new.certify_by),
        ))
        .execute(conn)
        .await
}

/// Whoever has a name in a shop, departed or not (requirement 4.4).
///
/// # Errors
/// The database's fault.
pub async fn by_name(conn: &mut AsyncPgConnection, shop: ShopId, name: &str) -> Sql<Option<SubAccount>> {
    let named = s::table.filter(s::shop_id.eq(shop).and(s::name_key.eq(fold(name))));
    named.select(SubAccount::as_select()).first(conn).await.optional()
}

/// Whether another shop of the same main account has a sub-account by this name that logs in with it: `main:sub` names one. Of two
/// that are created at once in two shops, one waits here for the other.
///
/// # Errors
/// The database's fault.
pub async fn logs_in_elsewhere(conn: &mut AsyncPgConnection, shop: ShopId, name: &str) -> Sql<bool> {
    diesel::sql_query(
        "SELECT pg_advisory_xact_lock(hashtextextended('sub-account names of ' || main_account_id, 0)) FROM shops WHERE id = $1",
    )
    .bind::<SqlUuid, _>(shop)
    .execute(conn)
    .await?;
    let own: AccountId = shops::table.find(shop).select(shops::main_account_id).first(conn).await?;
    let others = shops::table.filter(shops::main_account_id.eq(own).and(shops::id.ne(shop))).select(shops::id);
    let named = s::table.filter(s::shop_id.eq_any(others).and(s::name_key.eq(fold(name))));
    diesel::select(exists(named.filter(s::linked_account_id.is_null()))).get_result(conn).await
}

/// How many a shop has who have not departed; those who were asked count.
///
/// # Errors
/// The database's fault.
pub async fn count(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<i64> {
    s::table.filter(s::shop_id.eq(shop).and(s::state.ne(State::Departed.text()))).count().get_result(conn).await
}

/// The seat of an account in a shop that is active or offered (requirement 4.19).
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, shop: ShopId, account: AccountId) -> Sql<Option<SubAccount>> {
    s::table
        .filter(s::linked_account_id.eq(account).and(s::shop_id.eq(shop)))
        .filter(s::state.ne(State::Departed.text()))
        .select(SubAccount::as_select())
        .first(conn)
        .await
        .optional()
}

/// The shop of a sub-account.
///
/// # Errors
/// The database's fault.
pub async fn shop_of(conn: &mut AsyncPgConnection, id: SubAccountId) -> Sql<Option<ShopId>> {
    s::table.filter(s::id.eq(id)).select(s::shop_id).first(conn).await.optional()
}

/// Locks a sub-account for a change.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<SubAccount>> {
    s::table.find((shop, id)).select(SubAccount::as_select()).for_update().first(conn).await.optional()
}

/// Sub-accounts by id.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[SubAccountId]) -> Sql<Vec<SubAccount>> {
    s::table.filter(s::id.eq_any(ids)).select(SubAccount::as_select()).load(conn).await
}

/// Writes what can change of a sub-account: state, position, dates. A password only goes in with `password_hash`, and goes
/// away when the sub-account is not active.
///
/// # Errors
/// The database's fault.
pub async fn update(conn: &mut AsyncPgConnection, who: &SubAccount, password_hash: Option<&str>) -> Sql<usize> {
    let row = s::table.find((who.shop_id, who.id));
    let changed = (
        s::state.eq(who.state.text()),
        s::position_id.eq(who.position_id),
        s::departed_at.eq(who.departed_at),
        s::certify_by.eq(who.certify_by),
    );
    if who.state == State::Active && password_hash.is_none() {
        return diesel::update(row).set(changed).execute(conn).await;
    }
    let password_hash = password_hash.filter(|_| who.state == State::Active);
    diesel::update(row).set((changed, s::password_hash.eq(password_hash))).execute(conn).await
}

/// Holds the certification of an account as it is until the end of the transaction.
///
/// # Errors
/// The database's fault.
pub async fn hold_certification(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::sql_query("SELECT FROM certifications WHERE account_id = $1 FOR SHARE")
        .bind::<SqlUuid, _>(account)
        .execute(conn)
        .await
}

/// Notes since when a manager's seat is certified by the account behind it, if it is (requirement 4.9 included). From then on a
/// trigger keeps it so.
///
/// # Errors
/// The database's fault.
pub async fn certify_seat(conn: &mut AsyncPgConnection, seat: &SubAccount) -> Sql<Option<Instant>> {
    let since = sql::seat_certified_at(seat.shop_id, seat.id, seat.linked_account_id);
    diesel::update(s::table.find((seat.shop_id, seat.id)))
        .set(s::certified_at.eq(since))
        .returning(s::certified_at)
        .get_result(conn)
        .await
}

/// Opens the assignment of a sub-account to its position from `now` on.
///
/// # Errors
/// The database's fault.
pub async fn assign(conn: &mut AsyncPgConnection, who: &SubAccount, now: Instant) -> Sql<usize> {
    // Closed and opened within one microsecond: the span of no length becomes the new one.
    diesel::insert_into(pa::table)
        .values((
            pa::shop_id.eq(who.shop_id),
            pa::sub_account_id.eq(who.id),
            pa::position_id.eq(who.position_id),
            pa::valid_from.eq(now),
            pa::certify_by.eq(who.certify_by),
        ))
        .on_conflict((pa::shop_id, pa::sub_account_id, pa::valid_from))
        .do_update()
        .set((
            pa::position_id.eq(excluded(pa::position_id)),
            pa::valid_to.eq(None::<Instant>),
            pa::certify_by.eq(excluded(pa::certify_by)),
        ))
        .execute(conn)
        .await
}

/// Closes the assignment of a sub-account, if one is open.
///
/// # Errors
/// The database's fault.
pub async fn unassign(conn: &mut AsyncPgConnection, who: &SubAccount, now: Instant) -> Sql<usize> {
    let open = pa::table.filter(pa::shop_id.eq(who.shop_id).and(pa::sub_account_id.eq(who.id)));
    diesel::update(open.filter(pa::valid_to.is_null())).set(pa::valid_to.eq(now)).execute(conn).await
}

/// Which sub-accounts a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Those in this state.
    pub state: Option<State>,
    /// Those with this position.
    pub position: Option<PositionId>,
}

/// A page of a shop's sub-accounts, by creation.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    permit: ReadPermit,
    filter: Filter,
    page: &Page<SubAccountId>,
) -> Sql<Slice<SubAccount>> {
    let mut rows = s::table.filter(s::shop_id.eq(permit.shop)).select(SubAccount::as_select()).into_boxed();
    if let Some(state) = filter.state {
        rows = rows.filter(s::state.eq(state.text()));
    }
    if let Some(position) = filter.position {
        rows = rows.filter(s::position_id.eq(position));
    }
    page_by!(conn, rows, s::id, oldest_first, page)
}

/// A page of the seats that an account is asked to take, by invitation.
///
/// # Errors
/// The database's fault.
pub async fn invitations(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    page: &Page<SubAccountId>,
) -> Sql<Slice<SubAccount>> {
    let rows = s::table
        .filter(s::linked_account_id.eq(account).and(s::state.eq(State::Invited.text())))
        .select(SubAccount::as_select())
        .into_boxed();
    page_by!(conn, rows, s::id, oldest_first, page)
}
