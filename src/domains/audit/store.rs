//! The only SQL that reads the trail for people. Every function takes a [`Readable`]: the proof that this reader may.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::{Filter, Readable, Sequence};
use crate::command::audit::Row;
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::{audit_chains as c, audit_entries as e};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// A page of entries, in the order of the chain.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    chain: Readable,
    filter: &Filter,
    page: &Page<Sequence>,
) -> Sql<Slice<Row>> {
    let mut query = e::table.filter(e::chain_id.eq(chain.key())).select(Row::as_select()).into_boxed();
    if let Some(actor) = &filter.actor {
        query = query.filter(e::actor.eq(actor));
    }
    if let Some(target) = &filter.target {
        query = query.filter(e::target.eq(target));
    }
    if let Some(action) = &filter.action {
        query = query.filter(e::action.eq(action));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(e::outcome.eq(outcome.text()));
    }
    if let Some(since) = filter.since {
        query = query.filter(e::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(e::at.lt(until));
    }
    page_by!(conn, query, e::seq, oldest_first, &page.map(|Sequence(seq)| seq))
}

/// The entries behind a place, `most` of them.
///
/// # Errors
/// The database's fault.
pub async fn after(conn: &mut AsyncPgConnection, chain: Readable, seq: i64, most: i64) -> Sql<Vec<Row>> {
    e::table
        .filter(e::chain_id.eq(chain.key()).and(e::seq.gt(seq)))
        .order(e::seq.asc())
        .limit(most)
        .select(Row::as_select())
        .load(conn)
        .await
}

/// The places of the newest entries of chains; nothing for those that have none yet.
///
/// # Errors
/// The database's fault.
pub async fn heads(conn: &mut AsyncPgConnection, chains: &[Readable]) -> Sql<Vec<(Readable, i64)>> {
    let of: HashMap<Uuid, Readable> = chains.iter().map(|chain| (chain.key(), *chain)).collect();
    let wanted = c::table.filter(c::id.eq_any(of.keys().copied().collect::<Vec<_>>()));
    let rows: Vec<(Uuid, i64)> = wanted.select((c::id, c::seq)).load(conn).await?;
    Ok(rows.into_iter().filter_map(|(id, seq)| Some((*of.get(&id)?, seq))).collect())
}
