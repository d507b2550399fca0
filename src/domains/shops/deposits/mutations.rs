//! Moving deposits, and closing a shop, in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::close::CloseShop;
use super::ops::compensate::Compensate;
use super::ops::pay::PayDeposit;
use super::ops::violation::RecordViolation;
use crate::domains::payments::payment::graphql::Payment;
use crate::domains::shops::refunds::graphql::Refund;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{Money, MoneyInput};
use crate::kernel::Fault;
use crate::kernel::ids::PaymentMethodId;

/// A deposit to pay in.
#[derive(InputObject)]
pub struct PayDepositInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// How much, in the shop's currency.
    pub amount: MoneyInput,
    /// With what: 1 to 5 of `viewer.paymentMethods`, which are tried in this order.
    pub payment_method_ids: Vec<ID>,
}

/// A buyer to compensate.
#[derive(InputObject)]
pub struct CompensateFromDepositInput {
    /// The order that the dispute was about.
    pub order_id: ID,
    /// How much; at most what is left of the order after refunds, and what the deposit holds.
    pub amount: MoneyInput,
    /// Why: 1 to 500 characters.
    pub reason: String,
}

/// A violation to record.
#[derive(InputObject)]
pub struct RecordViolationInput {
    /// The shop.
    pub shop_id: ID,
    /// What it costs, in the shop's currency.
    pub amount: MoneyInput,
    /// What the shop did: 1 to 500 characters.
    pub reason: String,
}

/// A shop to close.
#[derive(InputObject)]
pub struct CloseShopInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// Must be true: it cannot be opened again.
    pub confirmed: bool,
}

/// The payment that began.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PayDepositPayload {
    /// The payment: by balance it is `CAPTURED`, by card `PENDING` until the bank has answered.
    pub payment: Option<Payment>,
    /// Why nothing is paid.
    pub user_errors: Vec<UserError>,
}

/// What went back, and the deposit after it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CompensateFromDepositPayload {
    /// What went back to whoever paid: a refund that the platform decided.
    pub refund: Option<Refund>,
    /// What the deposit holds now.
    pub held: Option<Money>,
    /// How much is missing.
    pub missing: Option<Money>,
    /// Why nothing went back.
    pub user_errors: Vec<UserError>,
}

/// The violation that was recorded.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RecordViolationPayload {
    /// Its id.
    pub violation_id: Option<ID>,
    /// Why none was recorded.
    pub user_errors: Vec<UserError>,
}

/// What became of the deposit.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CloseShopPayload {
    /// What was taken for violations.
    pub deducted: Option<Money>,
    /// What went to the main account's balance.
    pub returned: Option<Money>,
    /// Why the shop was not closed.
    pub user_errors: Vec<UserError>,
}

/// Deposits.
#[derive(Default)]
pub struct DepositMutation;

#[guarded]
#[Object]
impl DepositMutation {
    /// Pays into the deposit of a shop with one's own methods. The main account's alone. Needs `@idempotent`. Codes:
    /// `INVALID_AMOUNT`, `SHOP_CLOSED`, and those of `payOrder`.
    #[requires("deposit.pay")]
    async fn pay_deposit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PayDepositInput,
    ) -> async_graphql::Result<PayDepositPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let methods = input.payment_method_ids.iter().take(100).map(|id| parse(id, "payment method"));
        let methods = methods.collect::<Result<Vec<PaymentMethodId>, Fault>>().or_client(request)?;
        let command = PayDeposit { shop, amount: input.amount.into(), methods };
        let (payment, user_errors) = execute(ctx, command).await?.split(|begun| Payment(begun.payment));
        Ok(PayDepositPayload { payment, user_errors })
    }

    /// Gives money back to whoever paid an order whose buyer won a dispute, to the method that paid. It counts as a refund of the
    /// order: both together never come to more than was paid. While the order's money is in escrow it comes from there, then from
    /// the shop's deposit. Open refunds of the order that ask for more than is left then become `OVERTAKEN`. Needs `@idempotent`.
    /// Codes: `INVALID_AMOUNT`, `REASON_INVALID`, `EXCEEDS_ORDER`, `DEPOSIT_TOO_LOW`, `ORDER_NOT_PAID`, `BALANCE_FULL`.
    #[requires("platform.deposit.manage")]
    async fn compensate_from_deposit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CompensateFromDepositInput,
    ) -> async_graphql::Result<CompensateFromDepositPayload> {
        let request = RequestContext::of(ctx)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        let command = Compensate { order, amount: input.amount.into(), reason: input.reason };
        let (done, user_errors) = execute(ctx, command).await?.split(|done| done);
        let standing = done.as_ref().map(|done| done.standing);
        let (held, missing) = (standing.map(|s| s.held.into()), standing.map(|s| s.missing().into()));
        let refund = done.map(|done| Refund(done.refund));
        Ok(CompensateFromDepositPayload { refund, held, missing, user_errors })
    }

    /// Records what a shop did against the rules, and what it costs when the shop closes. Needs `@idempotent`. Codes:
    /// `INVALID_AMOUNT`, `REASON_INVALID`, `SHOP_CLOSED`.
    #[requires("platform.deposit.manage")]
    async fn record_violation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RecordViolationInput,
    ) -> async_graphql::Result<RecordViolationPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let command = RecordViolation { shop, amount: input.amount.into(), reason: input.reason };
        let (violation_id, user_errors) = execute(ctx, command).await?.split(|done| id(done.violation));
        Ok(RecordViolationPayload { violation_id, user_errors })
    }

    /// Closes a shop for good: violations are taken from the deposit, what is left goes to the main account's balance. The main
    /// account's alone, which calls `stepUp` first, with more than the password if it has that. Not while a buyer can still lose
    /// money: an order is paid and not settled, or was settled within the platform's days (15). Orders that nobody paid cannot be
    /// paid any more. Needs `@idempotent`. Codes: `NOT_CONFIRMED`, `SHOP_CLOSED`, `OPEN_REFUNDS`, `PAYMENT_UNDER_WAY`,
    /// `ORDERS_UNDER_WAY`.
    #[requires("shop.close")]
    async fn close_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CloseShopInput,
    ) -> async_graphql::Result<CloseShopPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let (closed, user_errors) = execute(ctx, CloseShop { shop, confirmed: input.confirmed }).await?.split(|c| c);
        let (deducted, returned) = closed.map_or((None, None), |c| (Some(c.deducted.into()), Some(c.returned.into())));
        Ok(CloseShopPayload { deducted, returned, user_errors })
    }
}
