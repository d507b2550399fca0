//! Finds what was changed in the trail by hand (h14).
//!
//! A chain is walked in pages, so that it may be of any length, in one read-only snapshot, so that entries which are
//! added meanwhile raise no alarm. Each hash is made again from the row and the hash before; the last must be that of the
//! head. Two things cannot be seen from inside: entries cut off the end together with the head set back, and a chain that
//! was written anew from some entry on. Whoever keeps a head that [`verify`] reported (or the `hash` of an entry) outside
//! of the database can compare it later; `kith ledger verify` sees it as well wherever money moved.

use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Uuid as SqlUuid};
use diesel_async::SimpleAsyncConnection;
use uuid::Uuid;

use super::model::hex;
use crate::command::Chain;
use crate::command::audit::{GENESIS, Row};
use crate::db::schema::audit_entries as e;
use crate::db::{Connection, Db, RunQueryDsl};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, ShopId, TypedId};

/// Findings that are named; of more it is only said that there are more.
pub const MOST_NAMED: usize = 100;
/// Rows that are read at a time.
const PAGE: i64 = 500;
/// Chains that are walked in one snapshot.
const CHAINS: i64 = 200;

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// Its columns or its hash are not what was written. (Or entries before it were removed and the rest renumbered:
    /// then the head counts more than there are.)
    Edited,
    /// It is missing, and all others up to the given place with it.
    Removed {
        /// The last one that is missing.
        through: i64,
    },
    /// It was put in past the command door: its neighbours know nothing of it.
    Inserted,
    /// The head of the chain has another hash than the last entry.
    HeadEdited,
    /// The chain has entries and no head.
    HeadRemoved,
}

/// One entry that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The chain.
    pub chain: Chain,
    /// The place of the entry in its chain.
    pub seq: i64,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chain {
            Chain::Shop(id) => write!(f, "{id}")?,
            Chain::Account(id) => write!(f, "{id}")?,
            Chain::Platform => write!(f, "platform")?,
        }
        match self.problem {
            Problem::Edited => write!(f, ", entry {}: edited", self.seq),
            Problem::Removed { through } if through > self.seq => {
                write!(f, ", entries {} to {through}: removed", self.seq)
            }
            Problem::Removed { .. } => write!(f, ", entry {}: removed", self.seq),
            Problem::Inserted => write!(f, ", entry {}: inserted past the command door", self.seq),
            Problem::HeadEdited => write!(f, ", head at {}: is not the hash of the last entry", self.seq),
            Problem::HeadRemoved => write!(f, ", head: removed, while there are entries"),
        }
    }
}

/// What was walked and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains.
    pub chains: u64,
    /// Entries.
    pub entries: u64,
    /// The place and the hash of the head, when a single chain was walked: worth keeping outside of the database.
    pub head: Option<(i64, String)>,
    /// What is wrong, in the order of the chain, [`MOST_NAMED`] at most.
    pub findings: Vec<Finding>,
    /// Whether there is more than is named.
    pub more: bool,
}

impl Report {
    /// Whether everything is as it was written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, chain: Chain, seq: i64, problem: Problem) {
        if self.findings.len() < MOST_NAMED {
            self.findings.push(Finding { chain, seq, problem });
        } else {
            self.more = true;
        }
    }
}

const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0";

/// Walks one chain. A chain without entries and without a head is sound.
///
/// # Errors
/// The database's fault. What is wrong with the chain is no error but a finding.
pub async fn verify(db: &Db, chain: Chain) -> Result<Report, Fault> {
    db.transaction(async |conn: &mut Connection| {
        conn.batch_execute(SNAPSHOT).await?;
        let head: Option<Head> =
            diesel::sql_query(HEAD).bind::<SqlUuid, _>(chain.uuid()).get_result(conn).await.optional()?;
        let head = head.as_ref().and_then(Head::known);
        let mut report = Report { head: head.map(|(seq, hash)| (seq, hex(hash))), ..Report::default() };
        walk(conn, chain, head, &mut report).await?;
        Ok(report)
    })
    .await
}

/// Walks all chains, some hundreds of them in one snapshot.
///
/// # Errors
/// The database's fault.
pub async fn verify_all(db: &Db) -> Result<Report, Fault> {
    let mut report = Report::default();
    let mut behind = None;
    loop {
        let (walked, last) = db
            .transaction(async |conn: &mut Connection| {
                conn.batch_execute(SNAPSHOT).await?;
                let heads: Vec<Head> = diesel::sql_query(HEADS)
                    .bind::<Nullable<SqlUuid>, _>(behind)
                    .bind::<BigInt, _>(CHAINS)
                    .load(conn)
                    .await?;
                let mut walked = Report::default();
                for head in &heads {
                    walk(conn, head.chain(), head.known(), &mut walked).await?;
                }
                Ok((walked, heads.last().map(|head| head.id)))
            })
            .await?;
        report.chains += walked.chains;
        report.entries += walked.entries;
        report.more |= walked.more;
        walked.findings.into_iter().for_each(|f| report.find(f.chain, f.seq, f.problem));
        match last {
            Some(last) => behind = Some(last),
            None => return Ok(report),
        }
    }
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    hash: Option<Vec<u8>>,
    #[diesel(sql_type = Bool)]
    is_shop: bool,
}

impl Head {
    fn chain(&self) -> Chain {
        match self.is_shop {
            _ if self.id.is_nil() => Chain::Platform,
            true => Chain::Shop(ShopId::from_uuid(self.id)),
            false => Chain::Account(AccountId::from_uuid(self.id)),
        }
    }

    fn known(&self) -> Option<(i64, &[u8])> {
        self.seq.zip(self.hash.as_deref())
    }
}

const HEAD: &str = "SELECT id, seq, hash, false AS is_shop FROM audit_chains WHERE id = $1";

/// Heads in order; entries without a head count as chains, too. The recursive part hops from chain to chain by the index.
const HEADS: &str = "
WITH RECURSIVE told AS (
    (SELECT chain_id FROM audit_entries WHERE $1::uuid IS NULL OR chain_id > $1 ORDER BY chain_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.chain_id FROM audit_entries e WHERE e.chain_id > told.chain_id ORDER BY e.chain_id LIMIT 1)
    FROM told WHERE told.chain_id IS NOT NULL
), named AS (
    (SELECT chain_id AS id FROM told WHERE chain_id IS NOT NULL LIMIT $2)
    UNION
    (SELECT id FROM audit_chains WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2)
)
SELECT n.id, c.seq, c.hash, EXISTS (SELECT FROM shops s WHERE s.id = n.id) AS is_shop
FROM named n LEFT JOIN audit_chains c ON c.id = n.id
ORDER BY n.id LIMIT $2";

/// One row of look-ahead tells an inserted entry from an edited one.
async fn walk(
    conn: &mut Connection,
    chain: Chain,
    head: Option<(i64, &[u8])>,
    report: &mut Report,
) -> Result<(), diesel::result::Error> {
    report.chains += 1;
    let previous = GENESIS.to_vec();
    let mut link = Link { chain, head: head.map(|(seq, _)| seq), expected: 1, previous, gap: false, edited: false };
    let mut waiting: Option<Row> = None;
    let mut behind = i64::MIN;
    loop {
        let rows: Vec<Row> = e::table
            .filter(e::chain_id.eq(chain.uuid()).and(e::seq.gt(behind)))
            .order(e::seq.asc())
            .limit(PAGE)
            .select(Row::as_select())
            .load(conn)
            .await?;
        let Some(last) = rows.last() else { break };
        behind = last.seq;
        report.entries += u64::try_from(rows.len()).unwrap_or(0);
        for row in rows {
            if let Some(row) = waiting.replace(row) {
                link.check(&row, waiting.as_ref(), report);
            }
        }
    }
    if let Some(row) = waiting {
        link.check(&row, None, report);
    }
    link.end(head, report);
    Ok(())
}

/// Where in the chain the walk stands.
struct Link {
    chain: Chain,
    head: Option<i64>,
    expected: i64,
    previous: Vec<u8>,
    /// Whether the entry before is missing, so that the next hash has nothing to be compared with.
    gap: bool,
    /// Whether the last entry was found to be edited: then the head tells nothing new.
    edited: bool,
}

impl Link {
    fn check(&mut self, row: &Row, next: Option<&Row>, report: &mut Report) {
        let past_the_head = self.head.is_some_and(|head| row.seq > head);
        if row.seq < self.expected || past_the_head {
            return report.find(self.chain, row.seq, Problem::Inserted);
        }
        if row.seq > self.expected {
            report.find(self.chain, self.expected, Problem::Removed { through: row.seq - 1 });
            self.gap = true;
        }
        self.expected = row.seq + 1;
        self.edited = false;
        if !self.gap && row.hash_after(&self.previous) != row.hash {
            let skipped = next.is_some_and(|next| next.hash_after(&self.previous) == next.hash);
            if skipped {
                return report.find(self.chain, row.seq, Problem::Inserted);
            }
            report.find(self.chain, row.seq, Problem::Edited);
            self.edited = true;
            // When the row is as it was and only its hash is not, the next follows from the hash it should have.
            let meant = row.hash_after(&self.previous);
            if next.is_some_and(|next| next.hash_after(&meant) == next.hash) {
                self.previous = meant;
                return;
            }
        }
        self.gap = false;
        self.previous.clone_from(&row.hash);
    }

    fn end(self, head: Option<(i64, &[u8])>, report: &mut Report) {
        match head {
            None if self.expected > 1 => report.find(self.chain, self.expected - 1, Problem::HeadRemoved),
            Some((seq, _)) if seq >= self.expected => {
                report.find(self.chain, self.expected, Problem::Removed { through: seq });
            }
            Some((seq, hash)) if hash != self.previous && !self.edited => {
                report.find(self.chain, seq, Problem::HeadEdited)
            }
            _ => {}
        }
    }
}
