//! The only SQL on `charity_organisations` and `charity_totals`, with the function `charity_count` of `migrations/`; sums read
//! `charity_payouts` with them.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::Organisation;
use crate::db::paging::page_by;
use crate::db::schema::{charity_organisations as c, charity_totals as t, shops};
use crate::db::{RunQueryDsl, Write};
use crate::kernel::ids::{OrganisationId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Currency, Money};

type Sql<T> = Result<T, diesel::result::Error>;

/// The constraint that breaks when a name is taken.
pub const NAME: &str = "charity_organisations_name_key";

/// Adds an organisation.
///
/// # Errors
/// The database's fault; [`NAME`] when another has the name.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Organisation, by: &str) -> Sql<usize> {
    diesel::insert_into(c::table)
        .values((
            c::id.eq(new.id),
            c::name.eq(&new.name),
            c::website.eq(&new.website),
            c::state.eq(&new.state),
            c::listed_by.eq(by),
            c::listed_at.eq(new.listed_at),
        ))
        .execute(conn)
        .await
}

/// Takes an organisation off the list; nothing when it is not on it.
///
/// # Errors
/// The database's fault.
pub async fn delist(conn: &mut AsyncPgConnection, id: OrganisationId) -> Sql<Option<Organisation>> {
    diesel::update(c::table.filter(c::id.eq(id).and(c::state.eq("LISTED"))))
        .set(c::state.eq("DELISTED"))
        .returning(Organisation::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Locks an organisation, listed or not, so that its pay-outs come one after the other. Orders that give to it do not wait.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: OrganisationId) -> Sql<Option<Organisation>> {
    c::table.filter(c::id.eq(id)).select(Organisation::as_select()).for_no_key_update().first(conn).await.optional()
}

/// Whether items may give to an organisation.
///
/// # Errors
/// The database's fault.
pub async fn is_listed(conn: &mut AsyncPgConnection, id: OrganisationId) -> Sql<bool> {
    let listed = c::table.filter(c::id.eq(id).and(c::state.eq("LISTED")));
    diesel::select(diesel::dsl::exists(listed)).get_result(conn).await
}

/// A page of the organisations, the newest first. They are public, those that are delisted as well: they have been given to.
///
/// # Errors
/// The database's fault.
pub async fn page(conn: &mut AsyncPgConnection, page: &Page<OrganisationId>) -> Sql<Slice<Organisation>> {
    let query = c::table.select(Organisation::as_select()).into_boxed();
    page_by!(conn, query, c::id, newest_first, page)
}

/// What a shop's sales gave to an organisation.
#[derive(Debug, Clone, Queryable)]
pub struct Figures {
    /// The shop.
    pub shop: ShopId,
    /// Its name.
    pub shop_name: String,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// In which currency.
    pub currency: Currency,
    /// What stands of the gifts, in minor units.
    pub donated_minor: i64,
    /// Of how many sales.
    pub sales: i64,
}

#[diesel::dsl::auto_type(no_type_alias)]
fn figures() -> _ {
    t::table
        .inner_join(shops::table.on(shops::id.eq(t::shop_id)))
        .inner_join(c::table.on(c::id.eq(t::organisation_id)))
        .select((t::shop_id, shops::name, t::organisation_id, c::name, t::currency, t::donated_minor, t::sales))
}

/// A page of the shops that gave to an organisation, the newest shop first. A shop has one currency.
///
/// # Errors
/// The database's fault.
pub async fn of_organisation(
    conn: &mut AsyncPgConnection,
    organisation: OrganisationId,
    page: &Page<ShopId>,
) -> Sql<Slice<Figures>> {
    let query = figures().filter(t::organisation_id.eq(organisation)).into_boxed();
    page_by!(conn, query, t::shop_id, newest_first, page)
}

/// A page of the organisations that a shop gave to, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(conn: &mut AsyncPgConnection, shop: ShopId, page: &Page<OrganisationId>) -> Sql<Slice<Figures>> {
    let query = figures().filter(t::shop_id.eq(shop)).into_boxed();
    page_by!(conn, query, t::organisation_id, newest_first, page)
}

/// What organisations were given, by currency: at most so many rows as they have currencies.
///
/// # Errors
/// The database's fault.
pub async fn sums(conn: &mut AsyncPgConnection, ids: &[OrganisationId]) -> Sql<Vec<Sum>> {
    diesel::sql_query(SUMS).bind::<diesel::sql_types::Array<diesel::sql_types::Uuid>, _>(ids).load(conn).await
}

const SUMS: &str =
    "SELECT t.organisation_id, t.currency, sum(t.donated_minor)::bigint AS donated_minor, sum(t.sales)::bigint AS sales,
        coalesce((SELECT sum(p.amount_minor) FROM charity_payouts p
                  WHERE p.organisation_id = t.organisation_id AND p.currency = t.currency), 0)::bigint AS paid_out_minor
    FROM charity_totals t WHERE t.organisation_id = ANY ($1) GROUP BY t.organisation_id, t.currency ORDER BY t.currency";

/// What an organisation was given in a currency.
#[derive(Debug, QueryableByName)]
pub struct Sum {
    /// Which.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub organisation_id: OrganisationId,
    /// The currency.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub currency: Currency,
    /// How much, in minor units.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub donated_minor: i64,
    /// Of how many sales.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub sales: i64,
    /// How much of it was paid out, in minor units.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub paid_out_minor: i64,
}

mod sql {
    use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Counts a gift, or what came back of one.
        fn charity_count(shop: SqlUuid, organisation: SqlUuid, currency: Text, amount: BigInt, more: BigInt) -> Bool;
    }
}

/// Counts a gift and its sale in the public numbers; what came back is below zero.
#[must_use]
pub fn count(shop: ShopId, organisation: OrganisationId, money: Money, sales: i64) -> impl Write + use<> {
    sql::charity_count(shop, organisation, money.currency, money.minor, sales)
}
