//! Refunds in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Lookahead, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{Refund as Row, State};
use super::ops::approve::ApproveRefund;
use super::ops::reject::RejectRefund;
use super::ops::request::RequestRefund;
use super::ops::review::{ReviewRefund, SetRefundRules};
use super::store;
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::shops::orders::graphql::{Order, is_buyer};
use crate::domains::shops::orders::loaders::OrderById;
use crate::graphql::command::{execute, execute_shared};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Money, MoneyInput};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{RefundId, ShopId};
use crate::kernel::page::Slice;
use crate::kernel::{Fault, Subject};
use crate::permissions::catalogue::number;

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum RefundState {
    /// The buyer asked.
    Requested,
    /// One approved; another must.
    AwaitingSecondApproval,
    /// The money went back.
    Approved,
    /// It was turned down.
    Rejected,
    /// The platform gave back so much of the order that less is left than was asked for. The buyer may ask for what is left.
    Overtaken,
}

/// A buyer's request for money back.
pub struct Refund(pub Row);

/// A buyer's request for money back.
#[guarded(inherits)]
#[Object]
impl Refund {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// The order it is about.
    async fn order(&self, ctx: &Context<'_>) -> async_graphql::Result<Order> {
        let request = RequestContext::of(ctx)?;
        let row = request.loaders.of::<OrderById>().load(self.0.order_id).await.or_client(request)?;
        row.map(Order).ok_or_else(|| Fault::internal("a refund without its order")).or_client(request)
    }

    /// Who asks.
    async fn buyer(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.0.buyer_account_id).await.or_client(request)
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.money().into()
    }

    /// Why, in the buyer's words; in the platform's, if it decided it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it stands.
    async fn state(&self) -> RefundState {
        self.0.state().into()
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// When it was approved or rejected, or overtaken.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// When somebody looked at it before it was approved.
    async fn reviewed_at(&self) -> Option<DateTime> {
        self.0.reviewed_at.map(DateTime)
    }

    /// Whether the platform decided it after a dispute (`compensateFromDeposit`), and not the shop.
    async fn by_platform(&self) -> bool {
        self.0.by_platform
    }

    /// Why it was rejected, in the shop's words.
    async fn rejection_reason(&self) -> Option<&str> {
        self.0.rejection_reason.as_deref()
    }
}

connection!(
    /// A page of refunds.
    RefundConnection,
    RefundEdge,
    Refund
);

/// A page of the refunds of a shop.
///
/// # Errors
/// A denial, bad page arguments, or the database's fault.
pub async fn refunds_of(
    ctx: &Context<'_>,
    request: &RequestContext,
    shop: ShopId,
    state: Option<RefundState>,
    args: PageArgs,
) -> Result<RefundConnection, Fault> {
    let permit = request.read_permit(shop, const { number("refund.read") }).await?;
    let (page, state) = (args.read()?, state.map(State::from));
    let node = ctx.look_ahead().field("edges").field("node");
    if !(node.field("order").exists() && shows_buyer(&node)) {
        let slice = {
            let mut conn = request.conn().await?;
            store::page(&mut conn, permit, state, &page).await?
        };
        return connection_of(ctx, request, slice).await;
    }
    let slice = {
        let mut conn = request.conn().await?;
        store::page_with_orders(&mut conn, permit, state, &page).await?
    };
    let Slice { rows, has_next, has_previous } = slice;
    let (mut refunds, mut orders, mut buyers) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    for (refund, order, buyer) in rows {
        refunds.push(refund);
        orders.push((order.id, Some(Arc::new(order))));
        buyers.push((buyer.id, Some(Arc::new(buyer))));
    }
    request.loaders.of::<OrderById>().prime(orders);
    request.loaders.of::<AccountById>().prime(buyers);
    Ok(RefundConnection::new(Slice { rows: refunds, has_next, has_previous }, |row| row.id, Refund))
}

/// A refund is asked for by the buyer of its order, so one account serves both.
fn shows_buyer(node: &Lookahead<'_>) -> bool {
    node.field("buyer").exists() || node.field("order").field("buyer").exists()
}

/// The refunds that a buyer asked for.
async fn refunds_of_buyer(
    ctx: &Context<'_>,
    request: &RequestContext,
    args: PageArgs,
) -> Result<RefundConnection, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Err(Fault::Unauthenticated) };
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        store::page_of_buyer(&mut conn, id, &page).await?
    };
    connection_of(ctx, request, slice).await
}

/// The rows as a connection, after what they will ask for was read at once.
async fn connection_of(
    ctx: &Context<'_>,
    request: &RequestContext,
    slice: Slice<Row>,
) -> Result<RefundConnection, Fault> {
    let node = ctx.look_ahead().field("edges").field("node");
    if node.field("order").exists() {
        let orders = slice.rows.iter().map(|row| row.order_id);
        request.loaders.of::<OrderById>().prime_from(request.db(), orders).await?;
    }
    if shows_buyer(&node) {
        let buyers = slice.rows.iter().map(|row| row.buyer_account_id);
        request.loaders.of::<AccountById>().prime_from(request.db(), buyers).await?;
    }
    Ok(RefundConnection::new(slice, |row| row.id, Refund))
}

/// The refund of an id, if the actor may see it: as its buyer, or with `refund.read` in its shop.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, refund: RefundId) -> Result<Option<Refund>, Fault> {
    let row = {
        let mut conn = request.conn().await?;
        store::by_id(&mut conn, refund).await?
    };
    let Some(row) = row else { return Ok(None) };
    let visible =
        is_buyer(request, row.buyer_account_id) || request.may_read(row.shop_id, const { number("refund.read") }).await;
    Ok(visible.then_some(Refund(row)))
}

/// A refund to ask for.
#[derive(InputObject)]
pub struct RequestRefundInput {
    /// The order.
    pub order_id: ID,
    /// How much of it; at most what was paid and not given back or asked for yet.
    pub amount: MoneyInput,
    /// Why: 1 to 500 characters.
    pub reason: String,
}

/// A refund to approve.
#[derive(InputObject)]
pub struct ApproveRefundInput {
    /// The refund.
    pub refund_id: ID,
}

/// A refund to turn down.
#[derive(InputObject)]
pub struct RejectRefundInput {
    /// The refund.
    pub refund_id: ID,
    /// Why, in words that the buyer reads: 1 to 500 characters.
    pub reason: String,
}

/// A refund to review.
#[derive(InputObject)]
pub struct ReviewRefundInput {
    /// The refund.
    pub refund_id: ID,
}

/// The refund rules of a shop.
#[derive(InputObject)]
pub struct SetRefundRulesInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// Whether refunds are reviewed (`reviewRefund`) before they are approved.
    pub review_first: bool,
}

/// The refund rules as they are.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetRefundRulesPayload {
    /// Whether refunds are reviewed before they are approved.
    pub review_first: Option<bool>,
    /// Always empty.
    pub user_errors: Vec<UserError>,
}

/// The refund as it stands now, or would stand after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RefundPayload {
    /// The refund; nothing when the rules refused.
    pub refund: Option<Refund>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Refunds.
#[derive(Default)]
pub struct RefundMutation;

#[guarded]
#[Object]
impl RefundMutation {
    /// Asks for money back. Codes: `INVALID_AMOUNT`, `EXCEEDS_ORDER`, `ORDER_NOT_PAID`, `REASON_INVALID`.
    #[requires(account)]
    async fn request_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RequestRefundInput,
    ) -> async_graphql::Result<RefundPayload> {
        let request = RequestContext::of(ctx)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        let command = RequestRefund { order, amount: input.amount.into(), reason: input.reason };
        let (refund, user_errors) = execute(ctx, command).await?.split(|made| Refund(made.refund));
        Ok(RefundPayload { refund, user_errors })
    }

    /// Gives a buyer's money back. Needs `@idempotent`. Where the grant wants a second approver, the first call leaves
    /// the refund `AWAITING_SECOND_APPROVAL`. The money goes back to the method that paid: to a balance at once, to a card by
    /// its bank. Where the shop demands a review, whoever gave it does not approve as well; the main account, which may be alone
    /// in its shop, may. Codes: `ALREADY_DECIDED`, `SECOND_APPROVER_MUST_DIFFER`, `EXCEEDS_ORDER`, `BALANCE_FULL`, `REVIEW_FIRST`,
    /// `REVIEWER_MUST_DIFFER`, `SHOP_BALANCE_TOO_LOW`.
    #[requires("refund.approve")]
    async fn approve_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ApproveRefundInput,
    ) -> async_graphql::Result<RefundPayload> {
        let request = RequestContext::of(ctx)?;
        let refund = parse(&input.refund_id, "refund").or_client(request)?;
        let (refund, user_errors) = execute_shared(ctx, ApproveRefund { refund }).await?.split(|d| Refund(d.refund));
        Ok(RefundPayload { refund, user_errors })
    }

    /// Notes that a refund was looked at and may be approved, by somebody else, where the shop demands that. Codes:
    /// `ALREADY_DECIDED`, `ALREADY_REVIEWED`.
    #[requires("refund.review")]
    async fn review_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ReviewRefundInput,
    ) -> async_graphql::Result<RefundPayload> {
        let request = RequestContext::of(ctx)?;
        let refund = parse(&input.refund_id, "refund").or_client(request)?;
        let (refund, user_errors) = execute(ctx, ReviewRefund { refund }).await?.split(|d| Refund(d.refund));
        Ok(RefundPayload { refund, user_errors })
    }

    /// Says whether refunds of a shop are reviewed before they are approved.
    #[requires("refund.rules.set")]
    async fn set_refund_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetRefundRulesInput,
    ) -> async_graphql::Result<SetRefundRulesPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = SetRefundRules { shop, review: input.review_first };
        let (review_first, user_errors) = execute(ctx, command).await?.split(|set| set.review);
        Ok(SetRefundRulesPayload { review_first, user_errors })
    }

    /// Turns a refund request down, with a reason. A muted sub-account does not: what it writes does not arrive. Codes:
    /// `ALREADY_DECIDED`, `REASON_INVALID`, `MUTED`.
    #[requires("refund.reject")]
    async fn reject_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RejectRefundInput,
    ) -> async_graphql::Result<RefundPayload> {
        let request = RequestContext::of(ctx)?;
        let refund = parse(&input.refund_id, "refund").or_client(request)?;
        let command = RejectRefund { refund, reason: input.reason };
        let (refund, user_errors) = execute(ctx, command).await?.split(|d| Refund(d.refund));
        Ok(RefundPayload { refund, user_errors })
    }
}

/// Whoever is logged in: the refunds they asked for.
pub struct ViewerRefunds;

#[guarded]
#[Object]
impl ViewerRefunds {
    /// The refunds that were asked for, the newest first.
    #[requires(account)]
    async fn refunds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<RefundConnection>> {
        let request = RequestContext::of(ctx)?;
        refunds_of_buyer(ctx, request, PageArgs { first, after, last, before }).await.map(Shown).or_client(request)
    }
}
