//! Relations in the API, as one of the two sides sees them (requirement 0.7).

use async_graphql::{Context, ID, Object};
use kith_macros::guarded;

use super::cases;
use super::model::{IntimatePay as Row, State, Step};
use super::parts::{IntimateCase, IntimatePayTerms};
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::intimate_pay::requests::graphql::{PayRequestConnection, requests};
use crate::domains::intimate_pay::uses::graphql::{IntimatePurchaseConnection, MonthlyBill, bill, purchases};
use crate::domains::payments::methods::graphql::PaymentMethod;
use crate::domains::payments::methods::store as methods;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::ids::{AccountId, PaymentMethodId, TypedId};
use crate::kernel::{Fault, Instant};
use crate::permissions::quota::Windows;

/// Somebody's relation with a relative who pays with their money (亲密付).
pub struct IntimatePay {
    /// The relation.
    pub row: Row,
    /// Whose view it is.
    pub viewer: AccountId,
    /// The moment that it is shown for.
    pub now: Instant,
    /// What was used of this month's cap and of the emergency amount, in minor units.
    pub used: (i64, i64),
    /// What is missing before it can pay.
    pub missing: Vec<Step>,
}

/// Somebody's relation with a relative who pays with their money (亲密付).
#[guarded(inherits)]
#[Object]
impl IntimatePay {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// The family link that it stands on.
    async fn family_link_id(&self) -> ID {
        id(self.row.family_link_id)
    }

    /// Whose money it is.
    async fn payer(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.row.payer_account_id).await.or_client(request)
    }

    /// Who pays with it.
    async fn beneficiary(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.row.beneficiary_account_id).await.or_client(request)
    }

    /// Whether the viewer is the payer.
    async fn is_payer(&self) -> bool {
        self.row.payer_account_id == self.viewer
    }

    /// Where it stands.
    async fn state(&self) -> State {
        self.row.state()
    }

    /// What is missing before it can pay; at most 2 steps.
    async fn missing_steps(&self) -> Vec<Step> {
        self.missing.clone()
    }

    /// What the payer allows.
    async fn terms(&self) -> IntimatePayTerms {
        IntimatePayTerms::of(&self.row.terms(), self.row.currency)
    }

    /// What the two used of this month's cap, in earlier relations of theirs too.
    async fn used(&self) -> Money {
        self.row.money(self.used.0).into()
    }

    /// What is left of it.
    async fn left(&self) -> Money {
        self.row.money((self.row.monthly_cap_minor - self.used.0).max(0)).into()
    }

    /// What is left of the emergency amount; nothing where there is none.
    async fn emergency_left(&self) -> Option<Money> {
        let cap = self.row.emergency_cap_minor?;
        Some(self.row.money((cap - self.used.1).max(0)).into())
    }

    /// When the month starts afresh: on the 1st, in the payer's time zone.
    async fn resets_at(&self) -> DateTime {
        DateTime(Windows::of(self.now, self.row.zone()).next_month())
    }

    /// The payer's time zone.
    async fn time_zone(&self) -> &str {
        &self.row.time_zone
    }

    /// The payer's methods, the preferred one first; at most 5. Empty for the beneficiary, whom they do not concern.
    async fn methods(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PaymentMethod>> {
        let request = RequestContext::of(ctx)?;
        if self.row.payer_account_id != self.viewer || self.row.methods.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = self.row.methods.iter().map(|key| PaymentMethodId::from_uuid(*key)).collect();
        let rows = async {
            let mut conn = request.conn().await?;
            Ok::<_, Fault>(methods::by_ids(&mut conn, self.row.payer_account_id, &ids).await?)
        };
        let mut rows = rows.await.or_client(request)?;
        rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(rows.into_iter().map(PaymentMethod).collect())
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.row.opened_at)
    }

    /// When it was ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.row.ended_at.map(DateTime)
    }

    /// Every purchase, the newest first. Both sides see them, also after the end.
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that count in a month: `2026-11`.")] month: Option<String>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<IntimatePurchaseConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let with_payments = ctx.look_ahead().field("edges").field("node").field("payment").exists();
        purchases(request, &self.row, month.as_deref(), args, with_payments).await.or_client(request)
    }

    /// The bill of a month.
    async fn bill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month, as `2026-11`; this one when it is left out.")] month: Option<String>,
    ) -> async_graphql::Result<MonthlyBill> {
        let request = RequestContext::of(ctx)?;
        bill(request, &self.row, month.as_deref()).await.or_client(request)
    }

    /// What the payer was asked to pay, the newest first.
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<PayRequestConnection> {
        let request = RequestContext::of(ctx)?;
        requests(request, &self.row, PageArgs { first, after, last, before }).await.or_client(request)
    }

    /// The cases that reports opened, the newest first; at most 100.
    async fn cases(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<IntimateCase>> {
        let request = RequestContext::of(ctx)?;
        let rows = async {
            let mut conn = request.conn().await?;
            Ok::<_, Fault>(cases::of_relation(&mut conn, &self.row).await?)
        };
        let case = |case: cases::Case| IntimateCase {
            id: id(case.id),
            purchase_id: case.use_id.map(id),
            reason: case.reason,
            is_closed: case.closed_at.is_some(),
            opened_at: DateTime(case.opened_at),
            closed_at: case.closed_at.map(DateTime),
        };
        Ok(rows.await.or_client(request)?.into_iter().map(case).collect())
    }
}

connection!(
    /// A page of relations.
    IntimatePayConnection,
    IntimatePayEdge,
    IntimatePay
);
