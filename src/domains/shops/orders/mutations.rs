//! Buying, paying and receiving in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::Order;
use super::ops::confirm::ConfirmReceipt;
use super::ops::pay::PayOrder;
use super::ops::place::PlaceOrder;
use crate::domains::payments::payment::graphql::Payment;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::kernel::Fault;
use crate::kernel::ids::PaymentMethodId;

/// An order that was received.
#[derive(InputObject)]
pub struct ConfirmReceiptInput {
    /// The order.
    pub order_id: ID,
}

/// The order as it is now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ConfirmReceiptPayload {
    /// The order.
    pub order: Option<Order>,
    /// Why it was not confirmed.
    pub user_errors: Vec<UserError>,
}

/// Something to buy.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// The shop.
    pub shop_id: ID,
    /// The item.
    pub item_id: ID,
    /// How many pieces: 1 to 100.
    #[graphql(default = 1)]
    pub quantity: i32,
    /// With what to pay at once: 1 to 5 of `viewer.paymentMethods`, which are tried in this order. Without any, the order
    /// waits to be paid by `payOrder`; with play money, as in demo mode, it counts as paid outside of Kith.
    pub payment_method_ids: Option<Vec<ID>>,
    /// Whether it is to be paid later by `payOrder`.
    #[graphql(default = false)]
    pub pay_later: bool,
    /// Where it is delivered to: one of `viewer.deliveryAddresses`, as it is now. None for what needs no parcel.
    pub address_id: Option<ID>,
}

/// An order to pay.
#[derive(InputObject)]
pub struct PayOrderInput {
    /// The order.
    pub order_id: ID,
    /// With what: 1 to 5 of `viewer.paymentMethods`, which are tried in this order.
    pub payment_method_ids: Vec<ID>,
}

/// The payment that began.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PayOrderPayload {
    /// The payment: by balance it is `CAPTURED`, by card `PENDING` until the bank has answered.
    pub payment: Option<Payment>,
    /// Why nothing is paid.
    pub user_errors: Vec<UserError>,
}

/// What was bought.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PlaceOrderPayload {
    /// The new order.
    pub order: Option<Order>,
    /// Its payment, if one began: by balance it is `CAPTURED`, by card `PENDING` until the bank has answered.
    pub payment: Option<Payment>,
    /// Why nothing was bought.
    pub user_errors: Vec<UserError>,
}

/// Orders.
#[derive(Default)]
pub struct OrderMutation;

#[guarded]
#[Object]
impl OrderMutation {
    /// Buys pieces of an item, and pays for them at once or later. Needs `@idempotent`. Codes: `QUANTITY_INVALID`,
    /// `OWN_SHOP`, `INVALID_AMOUNT`, `PAY_NOW_OR_LATER`, and those of `payOrder`.
    #[requires(account)]
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PlaceOrderInput,
    ) -> async_graphql::Result<PlaceOrderPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let item = parse(&input.item_id, "item").or_client(request)?;
        let methods = methods(&input.payment_method_ids.unwrap_or_default()).or_client(request)?;
        let address = input.address_id.map(|id| parse(&id, "address")).transpose().or_client(request)?;
        let (quantity, later) = (input.quantity, input.pay_later);
        let command = PlaceOrder { shop, item, quantity, methods, later, address };
        let (placed, user_errors) = execute(ctx, command).await?.split(|placed| placed);
        let (order, payment) = placed.map_or((None, None), |placed| (Some(placed.order), placed.payment));
        let order = order.map(|order| Order(Arc::new(order)));
        Ok(PlaceOrderPayload { order, payment: payment.map(Payment), user_errors })
    }

    /// Pays an order of one's own that waits for it. Needs `@idempotent`. Codes: `METHODS_INVALID`, `METHOD_UNKNOWN`,
    /// `METHOD_NOT_VERIFIED`, `METHOD_EXPIRED`, `BALANCE_TOO_LOW`, `PAYMENT_UNDER_WAY`, `ALREADY_PAID`, `SHOP_CLOSED`,
    /// `SELLING_SUSPENDED`, `PAYS_ONESELF`.
    #[requires(account)]
    async fn pay_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PayOrderInput,
    ) -> async_graphql::Result<PayOrderPayload> {
        let request = RequestContext::of(ctx)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        let methods = methods(&input.payment_method_ids).or_client(request)?;
        let (payment, user_errors) = execute(ctx, PayOrder { order, methods }).await?.split(|b| Payment(b.payment));
        Ok(PayOrderPayload { payment, user_errors })
    }

    /// Says that an order of one's own arrived (确认收货): its money goes from escrow to the shop's balance. Needs `@idempotent`.
    /// Without it that happens after some days. Codes: `ORDER_NOT_PAID`, `ORDER_REFUNDED`, `ALREADY_SETTLED`, `REFUND_OPEN`.
    #[requires(account)]
    async fn confirm_receipt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfirmReceiptInput,
    ) -> async_graphql::Result<ConfirmReceiptPayload> {
        let request = RequestContext::of(ctx)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        let (order, user_errors) = execute(ctx, ConfirmReceipt { order }).await?.split(|s| Order(Arc::new(s.order)));
        Ok(ConfirmReceiptPayload { order, user_errors })
    }
}

/// The methods that an input names.
fn methods(ids: &[ID]) -> Result<Vec<PaymentMethodId>, Fault> {
    ids.iter().take(100).map(|id| parse(id, "payment method")).collect()
}
