//! What follows from a failure: when the event comes again, and what may be kept of the error.

use chrono::TimeDelta;
use diesel::result::Error as Sql;

use crate::kernel::Fault;

/// The longest time between two tries.
pub(super) const LONGEST: TimeDelta = TimeDelta::hours(1);
/// The most characters of an error that are kept.
const LONGEST_TEXT: usize = 200;

/// How long to wait after the `attempts`-th failure (from 1): a second, twice as long each time, an hour at most.
#[must_use]
pub fn back_off(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    let seconds = 1_i64.checked_shl(doublings).filter(|s| (1..=3600).contains(s)).unwrap_or(3600);
    TimeDelta::seconds(seconds).min(LONGEST)
}

/// What is kept of a fault, in the table and in the log: no value of any row (h35). PostgreSQL's messages quote what they
/// complain of, so only the names of table, column and constraint are taken from them.
#[must_use]
pub fn describe(fault: &Fault) -> String {
    match fault {
        Fault::Refused(never) => match *never {},
        Fault::Unauthenticated => "unauthenticated".to_owned(),
        Fault::Denied(denial) => format!("denied: {}", denial.reason),
        Fault::NotFound { what } => format!("no such {what}"),
        Fault::KeyReused => "idempotency key reused".to_owned(),
        Fault::BadInput { field, .. } => format!("bad input: {field}"),
        Fault::Busy { .. } => "the database is busy".to_owned(),
        Fault::Unknown => "the connection was lost during a commit".to_owned(),
        Fault::Internal(error) => match error.downcast_ref::<Sql>() {
            Some(Sql::DatabaseError(kind, info)) => {
                let name = |label, name: Option<&str>| name.map_or_else(String::new, |n| format!(" {label} {n}"));
                let table = name("table", info.table_name());
                let column = name("column", info.column_name());
                let constraint = name("constraint", info.constraint_name());
                format!("database: {kind:?}{table}{column}{constraint}")
            }
            _ => masked(&error.to_string()),
        },
    }
}

/// A text without what stands in quotes, without addresses and without longer numbers.
fn masked(text: &str) -> String {
    let mut quoted = None;
    let mut shown = String::new();
    for c in text.chars() {
        match quoted {
            Some(end) if c == end => {
                quoted = None;
                shown.push_str("***");
                shown.push(c);
            }
            Some(_) => {}
            None => {
                if matches!(c, '"' | '`') {
                    quoted = Some(c);
                }
                shown.push(c);
            }
        }
    }
    let words = shown.split_whitespace().map(|word| {
        let digits = word.chars().filter(|c| c.is_numeric()).count();
        if digits > 3 || word.contains('@') { "***" } else { word }
    });
    words.collect::<Vec<_>>().join(" ").chars().take(LONGEST_TEXT).collect()
}
