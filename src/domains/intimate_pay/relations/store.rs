//! The only SQL on `intimate_pays`. A relation is addressed by one of its two sides: nobody else finds it.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::IntimatePay;
use super::offer::Offer;
use super::terms::Terms;
use crate::db::paging::page_by;
use crate::db::schema::intimate_pays as r;
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId, TypedId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// The index that lets one pay for another once at a time.
pub const ONCE: &str = "intimate_pays_once";
/// The key of the table: a token that was confirmed before meets it.
pub const KEY: &str = "intimate_pays_pkey";

/// Locks a relation for whoever is on one of its sides, against uses and changes at the same time.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, account: AccountId, id: IntimatePayId) -> Sql<Option<IntimatePay>> {
    let mine = r::payer_account_id.eq(account).or(r::beneficiary_account_id.eq(account));
    r::table
        .filter(r::id.eq(id).and(mine))
        .select(IntimatePay::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()
}

/// Locks the relations that stand on a family link, in one order: each side may pay for the other.
///
/// # Errors
/// The database's fault.
pub async fn lock_on_link(conn: &mut AsyncPgConnection, link: FamilyLinkId) -> Sql<Vec<IntimatePay>> {
    r::table
        .filter(r::family_link_id.eq(link).and(r::state.ne(fixed("ENDED"))))
        .order(r::id)
        .select(IntimatePay::as_select())
        .for_no_key_update()
        .load(conn)
        .await
}

/// A relation, for whoever is on one of its sides.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: IntimatePayId) -> Sql<Option<IntimatePay>> {
    let mine = r::payer_account_id.eq(account).or(r::beneficiary_account_id.eq(account));
    r::table.filter(r::id.eq(id).and(mine)).select(IntimatePay::as_select()).first(conn).await.optional()
}

/// The relations of a payer that have not ended, the oldest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn open_of_payer(conn: &mut AsyncPgConnection, payer: AccountId) -> Sql<Vec<IntimatePay>> {
    r::table
        .filter(r::payer_account_id.eq(payer).and(r::state.ne("ENDED")))
        .order(r::id)
        .limit(100)
        .select(IntimatePay::as_select())
        .load(conn)
        .await
}

/// The newest relation of two people, if the one ever paid for the other.
///
/// # Errors
/// The database's fault.
pub async fn newest(
    conn: &mut AsyncPgConnection,
    payer: AccountId,
    beneficiary: AccountId,
) -> Sql<Option<IntimatePay>> {
    r::table
        .filter(r::payer_account_id.eq(payer).and(r::beneficiary_account_id.eq(beneficiary)))
        .order(r::nth.desc())
        .select(IntimatePay::as_select())
        .first(conn)
        .await
        .optional()
}

/// A page of the relations that an account is a side of, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    page: &Page<IntimatePayId>,
) -> Sql<Slice<IntimatePay>> {
    let mine = r::payer_account_id.eq(account).or(r::beneficiary_account_id.eq(account));
    let query = r::table.filter(mine).select(IntimatePay::as_select()).into_boxed();
    page_by!(conn, query, r::id, newest_first, page)
}

/// Makes the relation that was offered, the so-manieth of the two people.
///
/// # Errors
/// A `UniqueViolation` of [`ONCE`] or [`KEY`]; the database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, offer: &Offer, nth: i32, now: Instant) -> Sql<usize> {
    diesel::insert_into(r::table)
        .values((
            r::payer_account_id.eq(offer.payer),
            r::id.eq(offer.id),
            r::family_link_id.eq(offer.link),
            r::beneficiary_account_id.eq(offer.beneficiary),
            r::nth.eq(nth),
            r::state.eq("ACTIVE"),
            r::currency.eq(offer.currency),
            r::time_zone.eq(&offer.time_zone),
            limits(&offer.terms),
            r::methods.eq(Vec::<Uuid>::new()),
            r::opened_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// The columns of terms.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = r)]
#[diesel(treat_none_as_null = true)]
struct Limits<'a> {
    monthly_cap_minor: i64,
    per_payment_minor: Option<i64>,
    step_up_above_minor: Option<i64>,
    allowed_categories: &'a [String],
    blocked_categories: &'a [String],
    hours_from: Option<i32>,
    hours_until: Option<i32>,
    emergency_category: Option<&'a str>,
    emergency_cap_minor: Option<i64>,
}

fn limits(terms: &Terms) -> Limits<'_> {
    Limits {
        monthly_cap_minor: terms.monthly_cap,
        per_payment_minor: terms.per_payment,
        step_up_above_minor: terms.step_up_above,
        allowed_categories: &terms.allowed,
        blocked_categories: &terms.blocked,
        hours_from: terms.hours.map(|hours| i32::from(hours.from)),
        hours_until: terms.hours.map(|hours| i32::from(hours.until)),
        emergency_category: terms.emergency.as_ref().map(|emergency| emergency.category.as_str()),
        emergency_cap_minor: terms.emergency.as_ref().map(|emergency| emergency.cap),
    }
}

/// Changes the terms of a relation that is locked.
///
/// # Errors
/// The database's fault.
pub async fn change(conn: &mut AsyncPgConnection, relation: &IntimatePay, terms: &Terms) -> Sql<usize> {
    diesel::update(r::table.find((relation.payer_account_id, relation.id))).set(limits(terms)).execute(conn).await
}

/// Sets the methods of a relation that is locked.
///
/// # Errors
/// The database's fault.
pub async fn set_methods(conn: &mut AsyncPgConnection, relation: &IntimatePay, methods: &[Uuid]) -> Sql<usize> {
    diesel::update(r::table.find((relation.payer_account_id, relation.id)))
        .set(r::methods.eq(methods))
        .execute(conn)
        .await
}

/// Freezes a relation that is locked, or lets it go on.
///
/// # Errors
/// The database's fault.
pub async fn freeze(conn: &mut AsyncPgConnection, relation: &IntimatePay, at: Option<Instant>) -> Sql<usize> {
    let state = if at.is_some() { "FROZEN" } else { "ACTIVE" };
    diesel::update(r::table.find((relation.payer_account_id, relation.id)))
        .set((r::state.eq(state), r::frozen_at.eq(at)))
        .execute(conn)
        .await
}

/// Ends a relation that is locked.
///
/// # Errors
/// The database's fault.
pub async fn end(conn: &mut AsyncPgConnection, relation: &IntimatePay, by: AccountId, now: Instant) -> Sql<usize> {
    diesel::update(r::table.find((relation.payer_account_id, relation.id)))
        .set((r::state.eq("ENDED"), r::ended_at.eq(now), r::ended_by.eq(by.uuid())))
        .execute(conn)
        .await
}

/// Counts a use of a relation that is locked; gives its place.
///
/// # Errors
/// The database's fault.
pub async fn next_use(conn: &mut AsyncPgConnection, relation: &IntimatePay) -> Sql<i64> {
    diesel::update(r::table.find((relation.payer_account_id, relation.id)))
        .set(r::uses.eq(r::uses + 1))
        .returning(r::uses)
        .get_result(conn)
        .await
}
