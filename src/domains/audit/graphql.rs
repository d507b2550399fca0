//! The trail over GraphQL.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{self, AuditOutcome, Filter, READ, READ_EVERY, Readable, Sequence};
use super::store;
use crate::command::audit::Row;
use crate::connection;
use crate::graphql::connections::{Cursor, PageArgs};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;

/// Who did something.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = crate::graphql::directives::inherits::apply())]
pub struct AuditActor {
    /// The account or sub-account; `anonymous` before a log-in.
    pub id: ID,
    /// The name they had then, such as `aurora:xiaoli`.
    pub name: String,
}

/// One line of what else there is to know of a deed.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = crate::graphql::directives::inherits::apply())]
pub struct AuditDetail {
    /// What the line says, such as `constraints.perDay`. Amounts are minor units.
    pub key: String,
    /// The value, as text.
    pub value: String,
}

/// One deed, or the attempt at one that was denied. Never changed and never deleted; it holds no secrets.
pub struct AuditEntry(pub Row);

/// One deed, or the attempt at one that was denied. Never changed and never deleted; it holds no secrets.
#[guarded(inherits)]
#[Object]
impl AuditEntry {
    /// The place in its trail, from 1, without gaps.
    async fn seq(&self) -> i64 {
        self.0.seq
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who.
    async fn actor(&self) -> AuditActor {
        AuditActor { id: ID(self.0.actor.clone()), name: self.0.actor_name.clone() }
    }

    /// What: the name of the mutation.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// On what: the id of the record.
    async fn target(&self) -> ID {
        ID(self.0.target.clone())
    }

    /// How it ended.
    async fn outcome(&self) -> AuditOutcome {
        AuditOutcome::of(&self.0.outcome)
    }

    /// The code of the permission that was used or, for a denial, was missing or did not suffice.
    async fn permission(&self) -> Option<&str> {
        self.0.permission.as_deref()
    }

    /// The grant under which it was done; null for the main account and for what a position gives.
    async fn grant_id(&self) -> Option<ID> {
        self.0.grant_id.clone().map(ID)
    }

    /// The session.
    async fn session_id(&self) -> Option<ID> {
        self.0.session_id.clone().map(ID)
    }

    /// The address that the request came from.
    async fn ip(&self) -> Option<&str> {
        self.0.ip.as_deref()
    }

    /// The client program, as it names itself.
    async fn client(&self) -> Option<&str> {
        self.0.client.as_deref()
    }

    /// The request, as the client got its id with the answer.
    async fn request_id(&self) -> ID {
        ID(self.0.request_id.to_string())
    }

    /// What else there is to know, 100 lines at most.
    async fn detail(&self) -> Vec<AuditDetail> {
        model::details(&self.0.detail).into_iter().map(|(key, value)| AuditDetail { key, value }).collect()
    }

    /// The hash over this entry and the one before, in hexadecimal digits: whoever keeps it can prove later that
    /// nothing before it was changed.
    async fn hash(&self) -> String {
        model::hex(&self.0.hash)
    }
}

connection!(
    /// A page of a trail, in the order of the deeds: `last: 20` gives the newest.
    AuditEntryConnection,
    AuditEntryEdge,
    AuditEntry
);

/// What to look for in a trail. All that is given must fit.
#[derive(Debug, Default, InputObject)]
pub struct AuditFilter {
    /// Deeds of this account or sub-account.
    pub actor: Option<ID>,
    /// Deeds on this record.
    pub target: Option<ID>,
    /// Deeds of this kind: the name of a mutation, such as `approveRefund`.
    pub action: Option<String>,
    /// Deeds that ended so.
    pub outcome: Option<AuditOutcome>,
    /// Deeds from this moment on.
    pub since: Option<DateTime>,
    /// Deeds before this moment.
    pub until: Option<DateTime>,
}

impl From<AuditFilter> for Filter {
    fn from(filter: AuditFilter) -> Self {
        Self {
            actor: filter.actor.map(|id| id.0),
            target: filter.target.map(|id| id.0),
            action: filter.action,
            outcome: filter.outcome,
            since: filter.since.map(|at| at.0),
            until: filter.until.map(|at| at.0),
        }
    }
}

/// The trails of shops and of the platform.
#[derive(Default)]
pub struct AuditQuery;

#[guarded]
#[Object]
impl AuditQuery {
    /// The audit trail of a shop: every operation of its main account and its staff, denials included. Operators of the
    /// platform read any shop's. Without `shopId` it is the only shop that the actor acts for, or for an operator the
    /// platform's own.
    #[requires(any("audit.read", "platform.audit.read"))]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] shop_id: Option<ID>,
        #[graphql(desc = "What to look for.")] filter: Option<AuditFilter>,
        #[graphql(desc = "The oldest so many rows, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The newest so many rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> Result<AuditEntryConnection, Error> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let found = async {
            let chain = match shop_id {
                Some(id) => {
                    let shop = ids::parse(&id, "shop")?;
                    Readable::shop(request.read_permit_or_platform(shop, READ, READ_EVERY).await?)
                }
                None => match request.actor()?.seats.as_slice() {
                    [seat] => Readable::shop(request.read_permit(seat.shop, READ).await?),
                    _ => Readable::platform(request.platform_permit(READ_EVERY).await?),
                },
            };
            page(request, chain, filter, args).await
        };
        found.await.or_client(request)
    }
}

/// What `viewer` says of one's own trail.
#[derive(Default)]
pub struct ViewerAudit;

#[guarded]
#[Object]
impl ViewerAudit {
    /// What this account did to itself: log-ins, sessions ended, settings. What it does in a shop stands in the shop's
    /// trail.
    #[requires(account)]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for.")] filter: Option<AuditFilter>,
        #[graphql(desc = "The oldest so many rows, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The newest so many rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> Result<AuditEntryConnection, Error> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let found = async { page(request, Readable::own(request.actor()?)?, filter, args).await };
        found.await.or_client(request)
    }
}

impl Cursor for Sequence {
    fn encode(&self) -> String {
        format!("seq_{}", self.0)
    }
    fn decode(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("seq_")?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok().map(Self))?
    }
}

async fn page(
    request: &RequestContext,
    chain: Readable,
    filter: Option<AuditFilter>,
    args: PageArgs,
) -> Result<AuditEntryConnection, Fault> {
    let page = args.read::<Sequence>()?;
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, chain, &filter.unwrap_or_default().into(), &page).await?;
    Ok(AuditEntryConnection::new(slice, |row| Sequence(row.seq), AuditEntry))
}
