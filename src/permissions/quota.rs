//! Limits that add up: one conditional upsert per window, never read-then-write (design, decision 4; h01).

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Datelike, NaiveDate, TimeZone};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{Array, Date, Text, Uuid as SqlUuid};
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::constraints::{Constraints, Use, Violation};
use crate::db::schema::quota_usage as q;
use crate::db::{RunQueryDsl, Write};
use crate::kernel::ids::{GrantId, ShopId, TypedId};
use crate::kernel::{Fault, Instant};

/// What uses are counted of: something limited, and its owner, who stands first in the key (design, decision 10). A grant of a
/// shop is one, a relation in which a relative pays is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Counter {
    /// The owner's key.
    pub owner: Uuid,
    /// The key of what is limited.
    pub id: Uuid,
}

impl Counter {
    /// The counter of something that has an id.
    #[must_use]
    pub fn of(owner: impl TypedId, id: impl TypedId) -> Self {
        Self { owner: owner.uuid(), id: id.uuid() }
    }

    /// Another counter of the same thing, for something else that is limited of it.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"kith-counter");
        hash.update(self.id.as_bytes());
        hash.update(name);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self { owner: self.owner, id: uuid::Builder::from_custom_bytes(bytes).into_uuid() }
    }
}

/// What has been used of a grant in the day and the month of one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Minor units moved in the day.
    pub day_amount: i64,
    /// Uses in the day.
    pub day_uses: i64,
    /// Minor units moved in the month.
    pub month_amount: i64,
}

/// The day and the month that a moment falls into, in one time zone.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// The shop's day.
    pub day: NaiveDate,
    /// The first day of its month.
    pub month: NaiveDate,
    zone: Tz,
}

impl Windows {
    /// The windows of `now` in `zone`.
    #[must_use]
    pub fn of(now: Instant, zone: Tz) -> Self {
        let day = now.with_timezone(&zone).date_naive();
        Self { day, month: day.with_day(1).unwrap_or(day), zone }
    }

    /// The first day of the month, under which uses of the month are counted.
    #[must_use]
    pub fn month(&self) -> NaiveDate {
        self.month
    }

    /// When the next day begins.
    #[must_use]
    pub fn next_day(&self) -> Instant {
        start_of(self.day.succ_opt().unwrap_or(self.day), self.zone)
    }

    /// When the next month begins.
    #[must_use]
    pub fn next_month(&self) -> Instant {
        let next = self.month.checked_add_months(chrono::Months::new(1)).unwrap_or(self.month);
        start_of(next, self.zone)
    }
}

/// The first moment of a local day; where daylight saving skips midnight, the first moment there is.
fn start_of(day: NaiveDate, zone: Tz) -> Instant {
    (0..24)
        .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(Instant::default, |local| local.to_utc())
}

/// A window in which uses are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    owner: Uuid,
    counter: Uuid,
    /// `DAY` or `MONTH`.
    window: &'static str,
    starts_on: NaiveDate,
}

/// What one use, or several, count in one window, and how much that window holds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    place: Place,
    amount: i64,
    times: i64,
    most: i64,
    most_times: i64,
}

impl Charge {
    /// Whether a window that holds so much has room for it.
    fn fits(&self, (amount, times): (i64, i64)) -> bool {
        let left = |most: i64, used: i64| most.checked_sub(used).unwrap_or(i64::MAX);
        self.amount <= left(self.most, amount) && self.times <= left(self.most_times, times)
    }
}

/// What one use counts: a charge for each window that is limited.
#[must_use]
pub fn charges(counter: Counter, limits: &Constraints, intended: &Use) -> Vec<Charge> {
    let windows = Windows::of(intended.now, intended.zone);
    let charge = |window, starts_on, most: Option<i64>, most_times: Option<i64>| Charge {
        place: Place { owner: counter.owner, counter: counter.id, window, starts_on },
        amount: intended.amount.unwrap_or(0),
        times: 1,
        most: most.unwrap_or(i64::MAX),
        most_times: most_times.unwrap_or(i64::MAX),
    };
    let mut charges = Vec::new();
    if limits.per_day.is_some() || limits.count_per_day.is_some() {
        charges.push(charge("DAY", windows.day, limits.per_day, limits.count_per_day));
    }
    if limits.per_month.is_some() {
        charges.push(charge("MONTH", windows.month, limits.per_month, None));
    }
    charges
}

/// Counts one use against every limit that adds up. The caller's transaction undoes it when anything later refuses.
///
/// # Errors
/// The limit that has no room, with what was used before; otherwise the database's fault.
pub async fn consume(
    conn: &mut AsyncPgConnection,
    counter: Counter,
    limits: &Constraints,
    intended: &Use,
) -> Result<(), Fault<Violation>> {
    for charge in charges(counter, limits, intended) {
        if !add(conn, &charge).await? {
            return Err(exceeded(limits, intended, &usage(conn, counter, intended).await?));
        }
    }
    Ok(())
}

/// Adds to one window if it has room; says whether it had.
async fn add(conn: &mut AsyncPgConnection, charge: &Charge) -> Result<bool, diesel::result::Error> {
    if !charge.fits((0, 0)) {
        return Ok(false);
    }
    let Charge { place, amount, times, most, most_times } = *charge;
    let upsert = diesel::insert_into(q::table)
        .values((
            q::owner_id.eq(place.owner),
            q::counter_id.eq(place.counter),
            q::quota_window.eq(place.window),
            q::starts_on.eq(place.starts_on),
            q::amount_minor.eq(amount),
            q::uses.eq(times),
        ))
        .on_conflict((q::owner_id, q::counter_id, q::quota_window, q::starts_on))
        .do_update()
        .set((
            q::amount_minor.eq(q::amount_minor + excluded(q::amount_minor)),
            q::uses.eq(q::uses + excluded(q::uses)),
        ));
    let room = q::amount_minor.le(most - amount).and(q::uses.le(most_times - times));
    let added = diesel::query_dsl::methods::FilterDsl::filter(upsert, room).execute(conn).await?;
    Ok(added == 1)
}

const LOCK: &str = "SELECT q.owner_id, q.counter_id, q.quota_window, q.starts_on, q.amount_minor, q.uses
    FROM (SELECT DISTINCT * FROM unnest($1, $2, $3, $4) t (owner, counter, of_window, starts_on)) t
    JOIN quota_usage q ON q.owner_id = t.owner AND q.counter_id = t.counter AND q.quota_window = t.of_window
        AND q.starts_on = t.starts_on
    FOR UPDATE OF q SKIP LOCKED";

#[derive(QueryableByName)]
#[diesel(table_name = q)]
struct Used {
    owner_id: Uuid,
    counter_id: Uuid,
    quota_window: String,
    starts_on: NaiveDate,
    amount_minor: i64,
    uses: i64,
}

/// The windows of several uses, locked, and what is used of them so far. Only those that something was used of before, and that
/// nobody else holds: none is waited for.
pub struct Room(HashMap<Place, (i64, i64)>);

impl Room {
    /// Locks the windows of charges.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn lock(conn: &mut AsyncPgConnection, charges: &[Charge]) -> Result<Self, diesel::result::Error> {
        let places: HashSet<Place> = charges.iter().map(|charge| charge.place).collect();
        if places.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let found: Vec<Used> = diesel::sql_query(LOCK)
            .bind::<Array<SqlUuid>, _>(places.iter().map(|place| place.owner).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(places.iter().map(|place| place.counter).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(places.iter().map(|place| place.window).collect::<Vec<_>>())
            .bind::<Array<Date>, _>(places.iter().map(|place| place.starts_on).collect::<Vec<_>>())
            .load(conn)
            .await?;
        let mut room = HashMap::with_capacity(found.len());
        for row in found {
            let key = (row.owner_id, row.counter_id, row.quota_window.as_str(), row.starts_on);
            let is = |place: &&Place| (place.owner, place.counter, place.window, place.starts_on) == key;
            if let Some(place) = places.iter().find(is) {
                room.insert(*place, (row.amount_minor, row.uses));
            }
        }
        Ok(Self(room))
    }

    /// Takes the room of one use, if all its windows are locked and have it.
    pub fn take(&mut self, charges: &[Charge]) -> bool {
        let fits = |charge: &Charge| self.0.get(&charge.place).is_some_and(|used| charge.fits(*used));
        if !charges.iter().all(fits) {
            return false;
        }
        for charge in charges {
            if let Some((amount, times)) = self.0.get_mut(&charge.place) {
                *amount += charge.amount;
                *times += charge.times;
            }
        }
        true
    }
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of the rows")]
mod sql {
    use diesel::sql_types::{Array, BigInt, Date, Text, Uuid as SqlUuid};

    diesel::define_sql_function! {
        fn quotas_use(
            owners: Array<SqlUuid>, counters: Array<SqlUuid>, windows: Array<Text>, starts: Array<Date>,
            amounts: Array<BigInt>, times: Array<BigInt>, mosts: Array<BigInt>, most_times: Array<BigInt>,
        ) -> Bool;
    }
}

/// Counts what several uses charge, in windows that are locked. Breaks `quota_usage_room` if one of them has no room.
#[must_use]
pub fn uses(charges: &[Charge]) -> impl Write + use<> {
    let mut sums: BTreeMap<Place, Charge> = BTreeMap::new();
    for charge in charges {
        sums.entry(charge.place)
            .and_modify(|sum| {
                sum.amount = sum.amount.saturating_add(charge.amount);
                sum.times += charge.times;
                sum.most = sum.most.min(charge.most);
                sum.most_times = sum.most_times.min(charge.most_times);
            })
            .or_insert(*charge);
    }
    let sums = || sums.values();
    sql::quotas_use(
        sums().map(|sum| sum.place.owner).collect::<Vec<_>>(),
        sums().map(|sum| sum.place.counter).collect::<Vec<_>>(),
        sums().map(|sum| sum.place.window).collect::<Vec<_>>(),
        sums().map(|sum| sum.place.starts_on).collect::<Vec<_>>(),
        sums().map(|sum| sum.amount).collect::<Vec<_>>(),
        sums().map(|sum| sum.times).collect::<Vec<_>>(),
        sums().map(|sum| sum.most).collect::<Vec<_>>(),
        sums().map(|sum| sum.most_times).collect::<Vec<_>>(),
    )
}

/// Gives back part of what was used of a month: of that month and of no other (requirement 0.13). Says whether that much was
/// used of it; if not, nothing is changed.
///
/// # Errors
/// The database's fault.
pub async fn give_back(
    conn: &mut AsyncPgConnection,
    counter: Counter,
    month: NaiveDate,
    amount: i64,
) -> Result<bool, diesel::result::Error> {
    let row = q::table.find((counter.owner, counter.id, "MONTH", month));
    let given = diesel::update(row.filter(q::amount_minor.ge(amount)))
        .set(q::amount_minor.eq(q::amount_minor - amount))
        .execute(conn)
        .await?;
    Ok(given == 1)
}

/// What has been used so far, for answers; never for deciding a use.
///
/// # Errors
/// The database's fault.
pub async fn usage(
    conn: &mut AsyncPgConnection,
    counter: Counter,
    intended: &Use,
) -> Result<Usage, diesel::result::Error> {
    let windows = Windows::of(intended.now, intended.zone);
    let rows: Vec<(String, i64, i64)> = q::table
        .filter(q::owner_id.eq(counter.owner).and(q::counter_id.eq(counter.id)))
        .filter(
            (q::quota_window.eq("DAY").and(q::starts_on.eq(windows.day)))
                .or(q::quota_window.eq("MONTH").and(q::starts_on.eq(windows.month))),
        )
        .select((q::quota_window, q::amount_minor, q::uses))
        .load(conn)
        .await?;
    let mut used = Usage::default();
    for (window, amount, uses) in rows {
        if window == "DAY" {
            (used.day_amount, used.day_uses) = (amount, uses);
        } else {
            used.month_amount = amount;
        }
    }
    Ok(used)
}

/// What was used of many grants on a day of the shop's time zone and in its month, in one statement, for lists.
///
/// # Errors
/// The database's fault.
pub async fn usages(
    conn: &mut AsyncPgConnection,
    keys: &[(ShopId, GrantId, NaiveDate)],
) -> Result<HashMap<(ShopId, GrantId, NaiveDate), Usage>, diesel::result::Error> {
    let month = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let mut shops: Vec<Uuid> = keys.iter().map(|(shop, ..)| shop.uuid()).collect();
    shops.sort_unstable();
    shops.dedup();
    let grants: Vec<Uuid> = keys.iter().map(|(_, grant, _)| grant.uuid()).collect();
    let days: HashSet<NaiveDate> = keys.iter().flat_map(|(.., day)| [*day, month(*day)]).collect();
    let rows: Vec<(Uuid, String, NaiveDate, i64, i64)> = q::table
        .filter(q::owner_id.eq_any(shops).and(q::counter_id.eq_any(grants)).and(q::starts_on.eq_any(days)))
        .select((q::counter_id, q::quota_window, q::starts_on, q::amount_minor, q::uses))
        .load(conn)
        .await?;
    let mut found: HashMap<_, _> = keys.iter().map(|key| (*key, Usage::default())).collect();
    for ((_, grant, day), used) in &mut found {
        for (of, window, starts_on, amount, uses) in &rows {
            match window.as_str() {
                "DAY" if *of == grant.uuid() && starts_on == day => (used.day_amount, used.day_uses) = (*amount, *uses),
                "MONTH" if *of == grant.uuid() && *starts_on == month(*day) => used.month_amount = *amount,
                _ => {}
            }
        }
    }
    Ok(found)
}

/// What was used of counters in months, in one statement, for lists. What was never used is left out.
///
/// # Errors
/// The database's fault.
pub async fn of_months(
    conn: &mut AsyncPgConnection,
    keys: &[(Counter, NaiveDate)],
) -> Result<HashMap<(Counter, NaiveDate), i64>, diesel::result::Error> {
    let owners: HashSet<Uuid> = keys.iter().map(|(counter, _)| counter.owner).collect();
    let counters: Vec<Uuid> = keys.iter().map(|(counter, _)| counter.id).collect();
    let months: HashSet<NaiveDate> = keys.iter().map(|(_, month)| *month).collect();
    let rows: Vec<(Uuid, Uuid, NaiveDate, i64)> = q::table
        .filter(q::owner_id.eq_any(owners).and(q::counter_id.eq_any(counters)))
        .filter(q::quota_window.eq("MONTH").and(q::starts_on.eq_any(months)))
        .select((q::owner_id, q::counter_id, q::starts_on, q::amount_minor))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(owner, id, month, used)| ((Counter { owner, id }, month), used)).collect())
}

/// Decides from what was used; the same words as the conditional upsert, for `explain` and for denials.
///
/// # Errors
/// The first limit that has no room.
pub fn check(limits: &Constraints, intended: &Use, used: &Usage) -> Result<(), Violation> {
    let windows = Windows::of(intended.now, intended.zone);
    let amount = intended.amount.unwrap_or(0);
    if let Some(limit) = limits.per_day.filter(|limit| amount > limit - used.day_amount) {
        return Err(Violation::PerDay { limit, used: used.day_amount, resets_at: windows.next_day() });
    }
    if let Some(limit) = limits.count_per_day.filter(|limit| used.day_uses >= *limit) {
        return Err(Violation::CountPerDay { limit, used: used.day_uses, resets_at: windows.next_day() });
    }
    if let Some(limit) = limits.per_month.filter(|limit| amount > limit - used.month_amount) {
        return Err(Violation::PerMonth { limit, used: used.month_amount, resets_at: windows.next_month() });
    }
    Ok(())
}

fn exceeded(limits: &Constraints, intended: &Use, used: &Usage) -> Fault<Violation> {
    match check(limits, intended, used) {
        Err(violation) => Fault::Refused(violation),
        // Room appeared between the refusal and the reading: say "try again" rather than guess.
        Ok(()) => Fault::Busy { retry_after: std::time::Duration::from_millis(50) },
    }
}
