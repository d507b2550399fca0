//! Paying with a relation in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use serde::Serialize;

use super::graphql::IntimatePurchase;
use super::ops::pay::{OrderOfRelation, PayWithIntimatePay};
use super::refusal::UseRefusal;
use super::spend::Paid;
use crate::command::Command;
use crate::domains::accounts::step_up::Factor;
use crate::domains::intimate_pay::own_account;
use crate::domains::intimate_pay::passwords::{self, Verified};
use crate::domains::payments::payment::graphql::Payment;
use crate::graphql::command::{blameless, options};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::parse;
use crate::graphql::scalars::Decimal;
use crate::telemetry::Secret;

/// An order to pay with a relation.
#[derive(InputObject)]
pub struct PayWithIntimatePayInput {
    /// The relation.
    pub intimate_pay_id: ID,
    /// Your order.
    pub order_id: ID,
    /// Your payment password.
    #[graphql(secret)]
    pub payment_password: String,
}

/// The limit that stands in the way.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct LimitInTheWay {
    /// The limit.
    pub limit: Option<Decimal>,
    /// What is left of it.
    pub remaining: Option<Decimal>,
    /// When it starts afresh, in the payer's time zone.
    pub resets_at: Option<String>,
    /// Whether the payer can be asked with `askToPay`.
    pub can_be_asked: bool,
    /// With which factors `stepUp` would let it pass, if that is missing; at most 3. None of them: bind a phone first.
    pub step_up_factors: Vec<Factor>,
}

/// The purchase and its payment.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct IntimatePurchasePayload {
    /// The purchase; nothing when the rules refused.
    pub purchase: Option<IntimatePurchase>,
    /// The payment: which of the payer's methods was used, and where it stands.
    pub payment: Option<Payment>,
    /// What is left and when it resets, if a limit refused.
    pub limit: Option<LimitInTheWay>,
    /// Why nothing was paid.
    pub user_errors: Vec<UserError>,
}

/// Paying with relations.
#[derive(Default)]
pub struct IntimateUseMutation;

#[guarded]
#[Object]
impl IntimateUseMutation {
    /// Pays an order of yours with the payer's money. Over the relation's step-up amount it needs a `stepUp` by a one-time code
    /// within the last 15 minutes, which it uses up; the password is none. Needs `@idempotent`. Codes: `RELATION_FROZEN`,
    /// `RELATION_ENDED`, `PAYER_UNAVAILABLE`, `METHOD_MISSING`, `PAYER_PASSWORD_MISSING`, `PAYMENT_PASSWORD_NOT_SET`,
    /// `PAYMENT_PASSWORD_WRONG`, `PAYMENT_PASSWORD_LOCKED`, `PAYMENT_PASSWORD_CHANGED`, `CURRENCY_DIFFERS`,
    /// `CATEGORY_NOT_ALLOWED`, `OUTSIDE_HOURS`, `LIMIT_PER_ACTION`, `LIMIT_PER_MONTH`, `STEP_UP_REQUIRED`, and those of payments:
    /// `BALANCE_TOO_LOW`, `METHOD_UNKNOWN`, `PAYMENT_UNDER_WAY`, `ALREADY_PAID`,
    /// `SHOP_CLOSED`, `SELLING_SUSPENDED`, `PAYS_ONESELF` (the shop is the payer's own).
    #[requires(account)]
    async fn pay_with_intimate_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PayWithIntimatePayInput,
    ) -> async_graphql::Result<IntimatePurchasePayload> {
        let request = RequestContext::of(ctx)?;
        let relation = parse(&input.intimate_pay_id, "intimate pay").or_client(request)?;
        let order = parse(&input.order_id, "order").or_client(request)?;
        let of = OrderOfRelation { relation, order };
        run(ctx, of, input.payment_password, |verified| PayWithIntimatePay { of, verified }).await
    }
}

/// What a refusal looks like: its code, and the limit if it is one.
fn refused(refusal: &UseRefusal, request: &RequestContext) -> IntimatePurchasePayload {
    let user_errors = vec![UserError::of(refusal, request)];
    IntimatePurchasePayload { purchase: None, payment: None, limit: limit(refusal), user_errors }
}

/// The limit that refused, if one did.
pub(in crate::domains::intimate_pay) fn limit(refusal: &UseRefusal) -> Option<LimitInTheWay> {
    let denial = match refusal {
        UseRefusal::Limit(denial) => denial.as_ref().clone(),
        UseRefusal::Category(_) => Default::default(),
        _ => return None,
    };
    Some(LimitInTheWay {
        limit: denial.limit.map(Decimal),
        remaining: denial.remaining.map(Decimal),
        resets_at: denial.resets_at,
        can_be_asked: refusal.can_be_asked(),
        step_up_factors: denial.step_up_factors.iter().filter_map(|factor| Factor::parse(factor)).collect(),
    })
}

/// Runs a command on requests or uses, and keeps what its refusal says besides the words.
pub(in crate::domains::intimate_pay) async fn attempt<C>(
    ctx: &Context<'_>,
    command: C,
) -> async_graphql::Result<Result<C::Output, UseRefusal>>
where
    C: Command<Refusal = UseRefusal>,
{
    use crate::kernel::Fault;
    let request = RequestContext::of(ctx)?;
    let options = options(ctx).or_client(request)?;
    match request.door.execute(request.caller.clone(), command, options).await {
        Ok(outcome) => {
            if outcome.replayed {
                ctx.insert_http_header("Idempotency-Replayed", "true");
            }
            Ok(Ok(outcome.output))
        }
        Err(Fault::Refused(refusal)) => Ok(Err(refusal)),
        Err(fault) => Err(to_client(blameless(fault), request)),
    }
}

/// Compares the payment password of whoever confirms, runs the command that pays, and shows what became of it. A key that was
/// answered before comes first: what was paid is paid, whatever became of the password since (h03), and a retry costs no try.
/// It tells nobody more than the purchase itself, which whoever has the session can read.
pub(in crate::domains::intimate_pay) async fn run<C>(
    ctx: &Context<'_>,
    content: impl Serialize + Send + Sync,
    password: String,
    command: impl FnOnce(Verified) -> C + Send,
) -> async_graphql::Result<IntimatePurchasePayload>
where
    C: Command<Refusal = UseRefusal, Output = Paid>,
{
    let request = RequestContext::of(ctx)?;
    if let Some(paid) = known::<C>(ctx, &content).await? {
        return Ok(shown(paid));
    }
    let account = own_account(request).or_client(request)?;
    let compared = passwords::check(&request.door, &request.caller, account, &Secret::new(password)).await;
    match compared.or_client(request)? {
        Ok(verified) => Ok(match attempt(ctx, command(verified)).await? {
            Ok(paid) => shown(paid),
            Err(refusal) => refused(&refusal, request),
        }),
        // Another call with the same key may have paid while this one was compared.
        Err(failure) => Ok(match known::<C>(ctx, &content).await? {
            Some(paid) => shown(paid),
            None => refused(&UseRefusal::Password(failure), request),
        }),
    }
}

/// What the key of this mutation was answered before.
async fn known<C>(ctx: &Context<'_>, content: &(impl Serialize + Sync)) -> async_graphql::Result<Option<Paid>>
where
    C: Command<Refusal = UseRefusal, Output = Paid>,
{
    let request = RequestContext::of(ctx)?;
    let options = options(ctx).or_client(request)?;
    let known = request.door.known::<C>(&request.caller, content, &options).await;
    let known = known.map_err(|fault| to_client(blameless(fault), request))?;
    if known.is_some() {
        ctx.insert_http_header("Idempotency-Replayed", "true");
    }
    Ok(known)
}

fn shown(paid: Paid) -> IntimatePurchasePayload {
    IntimatePurchasePayload {
        purchase: Some(IntimatePurchase(paid.used)),
        payment: Some(Payment(paid.payment)),
        limit: None,
        user_errors: Vec::new(),
    }
}
