//! What a service tells becomes its codes: numbers are given once, codes that are gone sleep under theirs.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;

use super::super::catalogue::{CORE, FIRST_DYNAMIC};
use super::super::dynamic::Code;
use super::super::store::number;
use super::Sql;
use crate::db::RunQueryDsl;
use crate::db::schema::{permission_code_periods as p, permission_codes as c};
use crate::kernel::Instant;

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
/// A code as the table holds it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(super) struct Row {
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
    risk_grew_at: Option<Instant>,
    state: String,
    changed_at: Instant,
}

impl Row {
    fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }

    /// The row of a code as it is told now, in the place of the one that there was.
    fn told(number: i32, service: &str, (ordinal, told): (usize, &Told), before: Option<&Self>, now: Instant) -> Self {
        let riskier = before.is_some_and(|before| told.high_risk && !before.high_risk);
        let row = Self {
            number,
            code: told.code.clone(),
            service: service.to_owned(),
            parent: told.parent.clone(),
            ordinal: i32::try_from(ordinal).unwrap_or(i32::MAX),
            title_en: told.title.0.clone(),
            title_zh: told.title.1.clone(),
            help: told.help.clone(),
            heading: told.heading,
            money: told.money,
            high_risk: told.high_risk,
            risk_grew_at: if riskier { Some(now) } else { before.and_then(|before| before.risk_grew_at) },
            state: "ACTIVE".to_owned(),
            changed_at: now,
        };
        // One that nothing changed about was not changed now.
        match before {
            Some(before) if row == (Self { changed_at: now, ..before.clone() }) => before.clone(),
            _ => row,
        }
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
    let mut changes = Registered::default();
    let (mut rows, mut awake) = (Vec::new(), Vec::new());
    for told in told.iter().enumerate() {
        let before = known.iter().find(|row| row.code == told.1.code);
        let number = before.map_or(next, |row| row.number);
        if before.is_none() {
            next += 1;
        }
        let row = Row::told(number, service, told, before, now);
        if before == Some(&row) {
            continue;
        }
        if !before.is_some_and(Row::is_active) {
            changes.added.push(row.code.clone());
            awake.push(number);
        }
        if before.is_some_and(|before| before.risk_grew_at != row.risk_grew_at) {
            changes.riskier.push(row.code.clone());
        }
        rows.push(row);
    }
    if next - 1 > LAST {
        return Ok(Err(CodesRefusal::Exhausted));
    }
    put(conn, &rows).await?;
    wake(conn, &awake, now).await?;
    let gone = known.iter().filter(|row| row.is_active() && !names.contains(&row.code.as_str()));
    let gone: Vec<(i32, String)> = gone.map(|row| (row.number, row.code.clone())).collect();
    put_to_sleep(conn, &gone.iter().map(|(number, _)| *number).collect::<Vec<_>>(), now).await?;
    changes.dormant.extend(gone.into_iter().map(|(_, code)| code));
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
    Ok(active.len())
}

async fn lock(conn: &mut AsyncPgConnection) -> Sql<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Writes new and changed codes in one statement, so that the shops that have the service move once. A number, its code and
/// whose it is never change.
async fn put(conn: &mut AsyncPgConnection, rows: &[Row]) -> Sql<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(c::table)
        .values(rows)
        .on_conflict(c::number)
        .do_update()
        .set((
            c::parent.eq(excluded(c::parent)),
            c::ordinal.eq(excluded(c::ordinal)),
            c::title_en.eq(excluded(c::title_en)),
            c::title_zh.eq(excluded(c::title_zh)),
            c::help.eq(excluded(c::help)),
            c::heading.eq(excluded(c::heading)),
            c::money.eq(excluded(c::money)),
            c::high_risk.eq(excluded(c::high_risk)),
            c::risk_grew_at.eq(excluded(c::risk_grew_at)),
            c::state.eq(excluded(c::state)),
            c::changed_at.eq(excluded(c::changed_at)),
        ))
        .execute_anew(conn)
        .await
        .map(|_| ())
}

async fn wake(conn: &mut AsyncPgConnection, numbers: &[i32], now: Instant) -> Sql<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let periods: Vec<_> = numbers.iter().map(|number| (p::number.eq(number), p::valid_from.eq(now))).collect();
    // Gone and back within one moment of the clock: the period goes on.
    diesel::insert_into(p::table)
        .values(periods)
        .on_conflict((p::number, p::valid_from))
        .do_update()
        .set(p::valid_to.eq(None::<Instant>))
        .execute_anew(conn)
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
