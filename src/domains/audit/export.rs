//! The trail for keeping outside: JSON lines, each with its hash, and whether the chain is whole (requirement 4.18).
//!
//! Exporting is a deed like any other: guarded, and on record.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{READ, READ_EVERY, Readable, hex};
use super::{store, verify};
use crate::command::audit::Row;
use crate::command::{Chain, Command, Tx};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::catalogue::number;
use crate::permissions::{Number, WholeShop};

/// Taking the trail out of the system.
const EXPORT: Number = number("audit.export");
/// Entries of one call.
const MOST: i32 = 1_000;

/// Exports a part of a shop's trail.
#[derive(Debug, Serialize)]
pub struct ExportAuditTrail {
    /// The shop.
    pub shop: ShopId,
    /// The entries behind this place.
    pub after: i64,
    /// How many.
    pub most: i32,
}

/// A part of a trail.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exported {
    /// One JSON object a line.
    pub lines: String,
    /// How many lines there are.
    pub entries: i32,
    /// The place of the last.
    pub last: i64,
    /// Whether there is more.
    pub more: bool,
}

/// A number of entries that is none.
#[derive(Debug)]
pub struct BadCount;

impl Refusal for BadCount {
    fn code(&self) -> &'static str {
        "COUNT_INVALID"
    }

    fn field(&self) -> &'static [&'static str] {
        &["first"]
    }

    fn message(&self) -> Text {
        Text::new(
            "Export 1 to 1,000 entries at a time, behind a place from 0 on.",
            "每次导出 1 到 1000 条,起始位置不小于 0。",
        )
    }
}

impl Command for ExportAuditTrail {
    const NAME: &'static str = "exportAuditTrail";
    // The answer is large, and can be had again.
    const KEY: crate::command::KeyRule = crate::command::KeyRule::Unsupported;
    type Output = Exported;
    type Refusal = BadCount;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Exported, Fault<BadCount>> {
        let permit = tx.permit(EXPORT, Some(WholeShop(self.shop))).await?;
        if !(1..=MOST).contains(&self.most) || self.after < 0 {
            return Err(Fault::Refused(BadCount));
        }
        let chain = Readable::of(&permit);
        let mut rows = store::after(tx.conn, chain, self.after, i64::from(self.most) + 1).await?;
        let wanted = usize::try_from(self.most).unwrap_or(0);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().map_or(self.after, |row| row.seq);
        let entries = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let lines = rows.iter().map(line).collect::<Vec<_>>().join("\n");
        tx.record_under(&permit, &self.shop, json!({ "after": self.after, "last": last, "entries": entries }));
        Ok(Exported { lines, entries, last, more })
    }
}

/// One entry: what the hash covers, and the hash.
fn line(row: &Row) -> String {
    json!({
        "seq": row.seq, "at": row.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true), "actor": row.actor,
        "actorName": row.actor_name, "action": row.action, "target": row.target, "outcome": row.outcome,
        "permission": row.permission, "grant": row.grant_id, "session": row.session_id, "ip": row.ip,
        "client": row.client, "request": row.request_id, "detail": row.detail, "hash": hex(&row.hash),
    })
    .to_string()
}

/// A part of a trail to take out.
#[derive(InputObject)]
pub struct ExportAuditTrailInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The entries behind this place: 0, or `lastSeq` of the part before.
    #[graphql(default = 0)]
    pub after_seq: i64,
    /// How many entries, 1,000 at most.
    #[graphql(default = 1000)]
    pub first: i32,
}

/// A part of a trail.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ExportAuditTrailPayload {
    /// JSON lines, the oldest entry first, each with the hash over itself and the one before.
    pub lines: Option<String>,
    /// How many lines there are.
    pub entries: i32,
    /// The place of the last entry, for the next part.
    pub last_seq: Option<i64>,
    /// Whether there is more.
    pub has_more: bool,
    /// Why nothing was exported.
    pub user_errors: Vec<UserError>,
}

/// Taking trails out.
#[derive(Default)]
pub struct AuditMutation;

#[guarded]
#[Object]
impl AuditMutation {
    /// Exports a part of a shop's audit trail as JSON lines; that it was exported is on record as well. Code: `COUNT_INVALID`.
    #[requires("audit.export")]
    async fn export_audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ExportAuditTrailInput,
    ) -> async_graphql::Result<ExportAuditTrailPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = ExportAuditTrail { shop, after: input.after_seq, most: input.first };
        let (exported, user_errors) = execute(ctx, command).await?.split(|exported| exported);
        let (entries, has_more) = exported.as_ref().map_or((0, false), |part| (part.entries, part.more));
        let (lines, last_seq) = exported.map(|part| (part.lines, part.last)).unzip();
        Ok(ExportAuditTrailPayload { lines, entries, last_seq, has_more, user_errors })
    }
}

/// Whether a trail is as it was written.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AuditVerification {
    /// Whether nothing was found.
    pub sound: bool,
    /// Entries that were walked.
    pub entries: i64,
    /// The place of the newest entry.
    pub head_seq: Option<i64>,
    /// Its hash: whoever keeps it outside can prove later that nothing before it was changed.
    pub head_hash: Option<String>,
    /// What was changed past the command door, in words; the first hundred.
    pub findings: Vec<String>,
}

/// Whether trails are whole.
#[derive(Default)]
pub struct AuditVerificationQuery;

#[guarded]
#[Object]
impl AuditVerificationQuery {
    /// Walks a shop's audit trail from its first entry and says whether every hash follows from the one before.
    #[requires(any("audit.read", "platform.audit.read"))]
    async fn audit_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] shop_id: ID,
    ) -> async_graphql::Result<AuditVerification> {
        let request = RequestContext::of(ctx)?;
        let found = async {
            let shop = ids::parse(&shop_id, "shop")?;
            request.read_permit_or_platform(shop, READ, READ_EVERY).await?;
            verify(request.db(), Chain::Shop(shop)).await
        };
        let report = found.await.or_client(request)?;
        let (head_seq, head_hash) = report.head.clone().unzip();
        Ok(AuditVerification {
            sound: report.is_sound(),
            entries: i64::try_from(report.entries).unwrap_or(i64::MAX),
            head_seq,
            head_hash,
            findings: report.findings.iter().map(ToString::to_string).collect(),
        })
    }
}
