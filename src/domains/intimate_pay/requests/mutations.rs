//! Asking the payer, and the payer's answer, in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::PayRequest;
use super::ops::answer::{ApprovePayRequest, Approved, DeclinePayRequest};
use super::ops::ask::AskToPay;
use crate::command::Command;
use crate::domains::intimate_pay::uses::mutations::{IntimatePurchasePayload, LimitInTheWay, attempt, limit, run};
use crate::domains::intimate_pay::uses::refusal::UseRefusal;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// An order that the limits refuse.
#[derive(InputObject)]
pub struct AskToPayInput {
    /// The relation.
    pub intimate_pay_id: ID,
    /// Your order.
    pub order_id: ID,
}

/// A request to approve.
#[derive(InputObject)]
pub struct ApprovePayRequestInput {
    /// The request.
    pub request_id: ID,
    /// Your payment password: you are the one who confirms.
    #[graphql(secret)]
    pub payment_password: String,
}

/// A request to decline.
#[derive(InputObject)]
pub struct DeclinePayRequestInput {
    /// The request.
    pub request_id: ID,
}

/// The request as it stands now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PayRequestPayload {
    /// The request; nothing when the rules refused.
    pub request: Option<PayRequest>,
    /// What is left and when it resets, if a limit refused.
    pub limit: Option<LimitInTheWay>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Requests to pay.
#[derive(Default)]
pub struct PayRequestMutation;

#[guarded]
#[Object]
impl PayRequestMutation {
    /// Asks the payer to pay an order that a limit refuses; the request lapses after 24 hours. Codes: `NO_LIMIT_REFUSES`,
    /// `ASKED_ALREADY`, `ALREADY_PAID`, `RELATION_FROZEN`, `RELATION_ENDED`, `PAYER_UNAVAILABLE`, `METHOD_MISSING`,
    /// `PAYER_PASSWORD_MISSING`, `CURRENCY_DIFFERS`,
    /// `SHOP_CLOSED`, `SELLING_SUSPENDED`, `PAYS_ONESELF`.
    #[requires(account)]
    async fn ask_to_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AskToPayInput,
    ) -> async_graphql::Result<PayRequestPayload> {
        let request = RequestContext::of(ctx)?;
        let relation = parse(&input.intimate_pay_id, "intimate pay").or_client(request)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        show(ctx, AskToPay { relation, order }).await
    }

    /// Pays what was asked for, whatever the limits say, and counts it against none; over the step-up amount the payer needs a
    /// one-time code. Needs `@idempotent`. Codes:
    /// `REQUEST_APPROVED`, `REQUEST_DECLINED`, `REQUEST_LAPSED`, `ORDER_CHANGED`, `RELATION_FROZEN`, `RELATION_ENDED`,
    /// `PAYER_UNAVAILABLE`, `METHOD_MISSING`, `STEP_UP_REQUIRED`, those of the payment password, and those of payments.
    #[requires(account)]
    async fn approve_pay_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ApprovePayRequestInput,
    ) -> async_graphql::Result<IntimatePurchasePayload> {
        let request = RequestContext::of(ctx)?;
        let id = parse(&input.request_id, "request").or_client(request)?;
        let of = Approved { request: id };
        run(ctx, of, input.payment_password, |verified| ApprovePayRequest { of, verified }).await
    }

    /// Declines what was asked for. Codes: `REQUEST_APPROVED`, `REQUEST_DECLINED`, `REQUEST_LAPSED`.
    #[requires(account)]
    async fn decline_pay_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DeclinePayRequestInput,
    ) -> async_graphql::Result<PayRequestPayload> {
        let request = parse(&input.request_id, "request").or_client(RequestContext::of(ctx)?)?;
        show(ctx, DeclinePayRequest { request }).await
    }
}

async fn show<C>(ctx: &Context<'_>, command: C) -> async_graphql::Result<PayRequestPayload>
where
    C: Command<Output = super::model::PayRequest, Refusal = UseRefusal>,
{
    let request = RequestContext::of(ctx)?;
    Ok(match attempt(ctx, command).await? {
        Ok(row) => {
            let request = Some(PayRequest { row, now: request.now });
            PayRequestPayload { request, limit: None, user_errors: Vec::new() }
        }
        Err(refusal) => {
            let user_errors = vec![UserError::of(&refusal, request)];
            PayRequestPayload { request: None, limit: limit(&refusal), user_errors }
        }
    })
}
