//! The only SQL on `permission_codes`, their periods, and the services whose codes count in a shop.
//!
//! A code of a service counts in a shop when its service is there, the shop has the service, and the seller has agreed to
//! the code's risk as it is now. Everything else about it is as with Kith's own codes. Whatever changes one of the three
//! moves the epoch of every shop that it concerns, by the triggers of `migrations/00000000000061_service_epochs`, so that it
//! holds with the next request on every replica.

mod register;

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

pub use register::{CodesRefusal, Registered, Told, register, retire};

use register::Row;

use super::catalogue::{FIRST_DYNAMIC, Number};
use super::dynamic::Code;
use super::store::number;
use crate::db::RunQueryDsl;
use crate::db::schema::{permission_code_periods as p, permission_codes as c, shop_services as s};
use crate::kernel::Instant;
use crate::kernel::ids::ShopId;

type Sql<T> = Result<T, diesel::result::Error>;

/// The codes of services that count in a shop, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counting(Vec<(Number, bool)>);

impl Counting {
    /// Whether a permission counts: Kith's own always do.
    #[must_use]
    pub fn has(&self, number: Number) -> bool {
        number < FIRST_DYNAMIC || self.0.binary_search_by_key(&number, |(n, _)| *n).is_ok()
    }

    /// Whether a position can give it: high-risk ones are granted one by one (requirement 4.14), and a code can become one
    /// after a position had it.
    #[must_use]
    pub fn has_in_position(&self, number: Number) -> bool {
        let risky = |at: usize| self.0.get(at).is_some_and(|(_, risky)| *risky);
        number < FIRST_DYNAMIC || self.0.binary_search_by_key(&number, |(n, _)| *n).is_ok_and(|at| !risky(at))
    }

    /// The numbers.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        self.0.iter().map(|(number, _)| *number)
    }
}

/// Every code of every service that was ever here, in the order of the permission page.
///
/// # Errors
/// The database's fault.
pub async fn all(conn: &mut AsyncPgConnection) -> Sql<Vec<Code>> {
    let rows: Vec<Row> =
        c::table.order((c::service, c::ordinal, c::number)).select(Row::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(Code::from).collect())
}

/// The codes of services that count in a shop, now or at a past moment.
///
/// # Errors
/// The database's fault.
pub async fn counting(conn: &mut AsyncPgConnection, shop: ShopId, at: Option<Instant>) -> Sql<Counting> {
    let rows: Vec<(i32, bool)> = match at {
        None => {
            c::table
                .inner_join(s::table.on(s::service.eq(c::service)))
                .filter(s::shop_id.eq(shop).and(s::valid_to.is_null()))
                .filter(c::state.eq("ACTIVE").and(c::heading.eq(false)))
                .filter(c::risk_grew_at.is_null().or(c::risk_grew_at.assume_not_null().le(s::consented_at)))
                .order(c::number)
                .select((c::number, c::high_risk))
                .load(conn)
                .await?
        }
        Some(at) => {
            c::table
                .inner_join(s::table.on(s::service.eq(c::service)))
                .inner_join(p::table.on(p::number.eq(c::number)))
                .filter(s::shop_id.eq(shop).and(s::valid_from.le(at)))
                .filter(s::valid_to.is_null().or(s::valid_to.gt(at)))
                .filter(p::valid_from.le(at).and(p::valid_to.is_null().or(p::valid_to.gt(at))))
                .filter(c::heading.eq(false))
                .order(c::number)
                .select((c::number, c::high_risk))
                .load(conn)
                .await?
        }
    };
    let mut counting: Vec<_> = rows.into_iter().map(|(n, risky)| (number(n), risky)).collect();
    counting.dedup_by_key(|(n, _)| *n);
    Ok(Counting(counting))
}

/// As [`counting`] for what these numbers need: without a service's code among them nothing is read.
///
/// # Errors
/// The database's fault.
pub async fn counting_among(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    numbers: impl IntoIterator<Item = Number>,
    at: Option<Instant>,
) -> Sql<Counting> {
    if numbers.into_iter().all(|number| number < FIRST_DYNAMIC) {
        return Ok(Counting::default());
    }
    counting(conn, shop, at).await
}

/// Whether a shop has a service.
///
/// # Errors
/// The database's fault.
pub async fn has_service(conn: &mut AsyncPgConnection, shop: ShopId, service: &str) -> Sql<bool> {
    let having = s::table.filter(s::shop_id.eq(shop).and(s::service.eq(service)).and(s::valid_to.is_null()));
    diesel::select(diesel::dsl::exists(having)).get_result(conn).await
}

/// The services that a shop has, by id.
///
/// # Errors
/// The database's fault.
pub async fn services_of(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<String>> {
    let having = s::table.filter(s::shop_id.eq(shop).and(s::valid_to.is_null()));
    having.order(s::service).select(s::service).load(conn).await
}

/// Codes of the shop's services that wait until the seller agrees to their risk again, by code.
///
/// # Errors
/// The database's fault.
pub async fn awaiting_consent(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<String>> {
    c::table
        .inner_join(s::table.on(s::service.eq(c::service)))
        .filter(s::shop_id.eq(shop).and(s::valid_to.is_null()).and(c::state.eq("ACTIVE")))
        .filter(c::risk_grew_at.is_not_null().and(c::risk_grew_at.assume_not_null().gt(s::consented_at)))
        .order((c::service, c::ordinal))
        .select(c::code)
        .load(conn)
        .await
}

/// Lets a service's codes count in a shop from now on; with a service that it has, the seller agrees to the risks as they
/// are now. Lock the shop's epoch before ([`store::lock_epoch`](super::store::lock_epoch)); this moves it.
///
/// # Errors
/// The database's fault.
pub async fn subscribe(conn: &mut AsyncPgConnection, shop: ShopId, service: &str, now: Instant) -> Sql<()> {
    let held = s::table.filter(s::shop_id.eq(shop).and(s::service.eq(service)).and(s::valid_to.is_null()));
    let consented = diesel::update(held).set(s::consented_at.eq(now)).execute(conn).await?;
    if consented == 0 {
        let row = (s::shop_id.eq(shop), s::service.eq(service), s::valid_from.eq(now), s::consented_at.eq(now));
        diesel::insert_into(s::table)
            .values(row)
            .on_conflict((s::shop_id, s::service, s::valid_from))
            .do_update()
            .set((s::valid_to.eq(None::<Instant>), s::consented_at.eq(now)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Ends it: the codes are held by nobody in the shop, and their grants wait. Says whether the shop had the service.
///
/// # Errors
/// The database's fault.
pub async fn unsubscribe(conn: &mut AsyncPgConnection, shop: ShopId, service: &str, now: Instant) -> Sql<bool> {
    let held = s::table.filter(s::shop_id.eq(shop).and(s::service.eq(service)).and(s::valid_to.is_null()));
    Ok(diesel::update(held).set(s::valid_to.eq(now)).execute(conn).await? > 0)
}
