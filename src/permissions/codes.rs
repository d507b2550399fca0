//! The only SQL on `permission_codes`, their periods, and the services whose codes count in a shop.
//!
//! A code of a service counts in a shop when its service is there, the shop has the service, and the seller has agreed to
//! the code's risk as it is now. Everything else about it is as with Kith's own codes. Whatever changes one of the three
//! moves the epoch of every shop that it concerns, so that it holds with the next request on every replica.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::catalogue::{CORE, FIRST_DYNAMIC, Number};
use super::dynamic::Code;
use super::store::number;
use crate::db::schema::{
    permission_code_periods as p, permission_codes as c, permission_epochs as e, shop_services as s,
};
use crate::kernel::Instant;
use crate::kernel::ids::ShopId;

type Sql<T> = Result<T, diesel::result::Error>;

/// The advisory lock of whoever gives numbers: "code" in ASCII.
const LOCK: i64 = 0x636f_6465;

/// The last number that can be given.
const LAST: i32 = 65_534;

/// A code that a service tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The code.
    pub code: String,
    /// The code of the heading above it.
    pub parent: Option<String>,
    /// The title, English and Chinese.
    pub title: (String, String),
    /// What holding it allows.
    pub help: String,
    /// Whether it only groups others.
    pub heading: bool,
    /// Whether amounts flow.
    pub money: bool,
    /// Whether it is never in a position.
    pub high_risk: bool,
}

/// Why codes are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodesRefusal {
    /// A code belongs to another service, for ever.
    #[error("CODE_TAKEN: {code} belongs to {service}; a code never changes hands, rename it")]
    Taken {
        /// The code.
        code: String,
        /// Whose it is.
        service: String,
    },
    /// All numbers are given.
    #[error("CODES_EXHAUSTED: every number of a permission is given; nothing can be added")]
    Exhausted,
}

impl CodesRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "CODE_TAKEN",
            Self::Exhausted => "CODES_EXHAUSTED",
        }
    }
}

/// What registering changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// Codes that are new or came back.
    pub added: Vec<String>,
    /// Codes that the service no longer has.
    pub dormant: Vec<String>,
    /// Codes whose risk grew: sellers must agree again.
    pub riskier: Vec<String>,
}

impl Registered {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

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

#[derive(Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct Row {
    number: i32,
    code: String,
    service: String,
    parent: Option<String>,
    ordinal: i32,
    title_en: String,
    title_zh: String,
    help: String,
    heading: bool,
    money: bool,
    high_risk: bool,
    state: String,
}

impl Row {
    fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }
}

impl From<Row> for Code {
    fn from(row: Row) -> Self {
        Self {
            active: row.is_active(),
            number: number(row.number),
            code: row.code,
            service: row.service,
            parent: row.parent,
            title: (row.title_en, row.title_zh),
            help: row.help,
            heading: row.heading,
            money: row.money,
            high_risk: row.high_risk,
        }
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

/// Makes these the codes of a service: new ones get numbers, those that it no longer tells become dormant, those that come
/// back are active again under the number they had.
///
/// # Errors
/// Outside: the database's fault. Inside: why none of them is taken; nothing was changed.
pub async fn register(
    conn: &mut AsyncPgConnection,
    service: &str,
    told: &[Told],
    now: Instant,
) -> Sql<Result<Registered, CodesRefusal>> {
    lock(conn).await?;
    let names: Vec<&str> = told.iter().map(|told| told.code.as_str()).collect();
    let known: Vec<Row> =
        c::table.filter(c::service.eq(service).or(c::code.eq_any(&names))).select(Row::as_select()).load(conn).await?;
    if let Some(foreign) = known.iter().find(|row| row.service != service) {
        return Ok(Err(CodesRefusal::Taken { code: foreign.code.clone(), service: foreign.service.clone() }));
    }
    if let Some(own) = CORE.iter().find(|entry| names.contains(&entry.code)) {
        return Ok(Err(CodesRefusal::Taken { code: own.code.to_owned(), service: "kith".to_owned() }));
    }
    let highest: Option<i32> = c::table.select(diesel::dsl::max(c::number)).first(conn).await?;
    let mut next = highest.map_or(i32::from(FIRST_DYNAMIC), |n| n + 1);
    let new = told.iter().filter(|told| known.iter().all(|row| row.code != told.code)).count();
    if i64::from(next) + i64::try_from(new).unwrap_or(i64::MAX) - 1 > i64::from(LAST) {
        return Ok(Err(CodesRefusal::Exhausted));
    }
    let mut changes = Registered::default();
    let mut reworded = false;
    for (ordinal, told) in told.iter().enumerate() {
        let ordinal = i32::try_from(ordinal).unwrap_or(i32::MAX);
        match known.iter().find(|row| row.code == told.code) {
            Some(row) => reworded |= refresh(conn, row, told, ordinal, now, &mut changes).await?,
            None => {
                insert(conn, next, service, told, ordinal, now).await?;
                changes.added.push(told.code.clone());
                next += 1;
            }
        }
    }
    let gone = known.iter().filter(|row| row.is_active() && !names.contains(&row.code.as_str()));
    let gone: Vec<(i32, String)> = gone.map(|row| (row.number, row.code.clone())).collect();
    put_to_sleep(conn, &gone.iter().map(|(number, _)| *number).collect::<Vec<_>>(), now).await?;
    changes.dormant.extend(gone.into_iter().map(|(_, code)| code));
    if !changes.is_nothing() || reworded {
        move_epochs(conn, service).await?;
    }
    Ok(Ok(changes))
}

/// Makes every code of a service dormant (requirement 5.9); says how many were active.
///
/// # Errors
/// The database's fault.
pub async fn retire(conn: &mut AsyncPgConnection, service: &str, now: Instant) -> Sql<usize> {
    lock(conn).await?;
    let active = c::table.filter(c::service.eq(service).and(c::state.eq("ACTIVE"))).select(c::number);
    let active: Vec<i32> = active.load(conn).await?;
    put_to_sleep(conn, &active, now).await?;
    move_epochs(conn, service).await?;
    Ok(active.len())
}

async fn lock(conn: &mut AsyncPgConnection) -> Sql<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .execute(conn)
        .await
        .map(|_| ())
}

async fn insert(
    conn: &mut AsyncPgConnection,
    number: i32,
    service: &str,
    told: &Told,
    ordinal: i32,
    now: Instant,
) -> Sql<()> {
    diesel::insert_into(c::table)
        .values((
            c::number.eq(number),
            c::code.eq(&told.code),
            c::service.eq(service),
            c::parent.eq(&told.parent),
            c::ordinal.eq(ordinal),
            c::title_en.eq(&told.title.0),
            c::title_zh.eq(&told.title.1),
            c::help.eq(&told.help),
            c::heading.eq(told.heading),
            c::money.eq(told.money),
            c::high_risk.eq(told.high_risk),
            c::state.eq("ACTIVE"),
            c::changed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    wake(conn, number, now).await
}

/// Brings a known code up to date; says whether anything about it changed.
async fn refresh(
    conn: &mut AsyncPgConnection,
    row: &Row,
    told: &Told,
    ordinal: i32,
    now: Instant,
    changes: &mut Registered,
) -> Sql<bool> {
    let same = row.is_active()
        && (row.ordinal, row.heading, row.money, row.high_risk) == (ordinal, told.heading, told.money, told.high_risk)
        && row.parent == told.parent
        && (&row.title_en, &row.title_zh, &row.help) == (&told.title.0, &told.title.1, &told.help);
    if same {
        return Ok(false);
    }
    diesel::update(c::table.find(row.number))
        .set((
            c::parent.eq(&told.parent),
            c::ordinal.eq(ordinal),
            c::title_en.eq(&told.title.0),
            c::title_zh.eq(&told.title.1),
            c::help.eq(&told.help),
            c::heading.eq(told.heading),
            c::money.eq(told.money),
            c::high_risk.eq(told.high_risk),
            c::state.eq("ACTIVE"),
            c::changed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if told.high_risk && !row.high_risk {
        diesel::update(c::table.find(row.number)).set(c::risk_grew_at.eq(now)).execute(conn).await?;
        changes.riskier.push(told.code.clone());
    }
    if !row.is_active() {
        wake(conn, row.number, now).await?;
        changes.added.push(told.code.clone());
    }
    Ok(true)
}

async fn wake(conn: &mut AsyncPgConnection, number: i32, now: Instant) -> Sql<()> {
    let period = (p::number.eq(number), p::valid_from.eq(now));
    // Gone and back within one moment of the clock: the period goes on.
    diesel::insert_into(p::table)
        .values(period)
        .on_conflict((p::number, p::valid_from))
        .do_update()
        .set(p::valid_to.eq(None::<Instant>))
        .execute(conn)
        .await
        .map(|_| ())
}

async fn put_to_sleep(conn: &mut AsyncPgConnection, numbers: &[i32], now: Instant) -> Sql<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    diesel::update(c::table.filter(c::number.eq_any(numbers)))
        .set((c::state.eq("DORMANT"), c::changed_at.eq(now)))
        .execute(conn)
        .await?;
    diesel::update(p::table.filter(p::number.eq_any(numbers).and(p::valid_to.is_null())))
        .set(p::valid_to.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves the epoch of every shop that has the service, in the order of their ids.
///
/// # Errors
/// The database's fault.
pub async fn move_epochs(conn: &mut AsyncPgConnection, service: &str) -> Sql<()> {
    let having = s::table.filter(s::service.eq(service).and(s::valid_to.is_null())).select(s::shop_id);
    let locked: Vec<ShopId> =
        e::table.filter(e::shop_id.eq_any(having)).order(e::shop_id).select(e::shop_id).for_update().load(conn).await?;
    // Each shop its own value, and no value twice (see `store::move_epoch`).
    let next = diesel::dsl::sql::<diesel::sql_types::BigInt>("nextval('versions')");
    diesel::update(e::table.filter(e::shop_id.eq_any(locked))).set(e::epoch.eq(next)).execute(conn).await?;
    Ok(())
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
/// are now. Moves the shop's epoch: lock it before ([`store::lock_epoch`](super::store::lock_epoch)).
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
    super::store::move_epoch(conn, shop).await.map(|_| ())
}

/// Ends it: the codes are held by nobody in the shop, and their grants wait. Says whether the shop had the service. Moves the
/// shop's epoch.
///
/// # Errors
/// The database's fault.
pub async fn unsubscribe(conn: &mut AsyncPgConnection, shop: ShopId, service: &str, now: Instant) -> Sql<bool> {
    let held = s::table.filter(s::shop_id.eq(shop).and(s::service.eq(service)).and(s::valid_to.is_null()));
    let ended = diesel::update(held).set(s::valid_to.eq(now)).execute(conn).await?;
    super::store::move_epoch(conn, shop).await?;
    Ok(ended > 0)
}
