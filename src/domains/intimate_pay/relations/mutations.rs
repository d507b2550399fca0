//! Opening, changing, freezing and ending in the API.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::forms::{
    ChangeIntimatePayTermsInput, ConfirmIntimatePayInput, IntimatePayInput, OpenIntimatePayInput,
    ReportIntimatePaymentInput, SetIntimatePayMethodsInput,
};
use super::graphql::IntimatePay;
use super::list::{node, open_of};
use super::ops::Changed;
use super::ops::change::ChangeIntimatePayTerms;
use super::ops::confirm::ConfirmIntimatePay;
use super::ops::end::EndIntimatePay;
use super::ops::methods::SetIntimatePayMethods;
use super::ops::open::OpenIntimatePay;
use super::ops::report::ReportIntimatePayment;
use super::ops::unfreeze::UnfreezeIntimatePay;
use super::parts::IntimatePayTerms;
use super::refusal::RelationRefusal;
use crate::command::Command;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::IntimatePayId;

/// What would be confirmed. Nothing was changed.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct OpenIntimatePayPayload {
    /// Who would pay with your money.
    pub beneficiary: Option<Account>,
    /// What you would allow.
    pub terms: Option<IntimatePayTerms>,
    /// In which months and hours would be counted.
    pub time_zone: Option<String>,
    /// The relations that you pay in already; at most 100.
    pub existing: Vec<IntimatePay>,
    /// Give it to `confirmIntimatePay`: it opens exactly these terms, once.
    pub confirmation_token: Option<String>,
    /// Until when it can be confirmed.
    pub expires_at: Option<DateTime>,
    /// Why it cannot be opened.
    pub user_errors: Vec<UserError>,
}

/// The relation as it stands now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct IntimatePayPayload {
    /// The relation; nothing when the rules refused.
    pub intimate_pay: Option<IntimatePay>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// The case that was opened, and the relation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ReportIntimatePaymentPayload {
    /// The case.
    pub case_id: Option<ID>,
    /// The relation, which is frozen now unless it had ended.
    pub intimate_pay: Option<IntimatePay>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Relations.
#[derive(Default)]
pub struct IntimatePayMutation;

#[guarded]
#[Object]
impl IntimatePayMutation {
    /// Shows what opening would mean, and gives the token to confirm it with; changes nothing. Codes:
    /// `FAMILY_LINK_NOT_ACCEPTED`, `ALREADY_OPEN`, `TOO_MANY_RELATIONS`, `UNKNOWN_TIME_ZONE`, `INVALID_AMOUNT`,
    /// `CAP_OUT_OF_RANGE`, `CATEGORY_INVALID`, `HOURS_INVALID`.
    #[requires(account)]
    async fn open_intimate_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: OpenIntimatePayInput,
    ) -> async_graphql::Result<OpenIntimatePayPayload> {
        let request = RequestContext::of(ctx)?;
        let link = parse(&input.family_link_id, "family link").or_client(request)?;
        let command = OpenIntimatePay { link, terms: input.terms.into(), time_zone: input.time_zone };
        let (offered, user_errors) = execute(ctx, command).await?.split(|offered| offered);
        let mut payload = OpenIntimatePayPayload {
            beneficiary: None,
            terms: None,
            time_zone: None,
            existing: Vec::new(),
            confirmation_token: None,
            expires_at: None,
            user_errors,
        };
        if let Some(offered) = offered {
            let offer = offered.offer;
            payload.beneficiary = Some(account(request, offer.beneficiary).await.or_client(request)?);
            payload.existing = open_of(request, offer.payer).await.or_client(request)?;
            payload.terms = Some(IntimatePayTerms::of(&offer.terms, offer.currency));
            payload.time_zone = Some(offer.time_zone);
            payload.confirmation_token = Some(offered.token);
            payload.expires_at = Some(DateTime(offer.expires_at));
        }
        Ok(payload)
    }

    /// Opens what was shown. It needs a session that was stepped up, by more than the password where the account has more. Other caps
    /// than in the relation with the same relative that ended before are a change of the cap. Codes:
    /// `CONFIRMATION_INVALID`, `CONFIRMATION_EXPIRED`, `CONFIRMATION_USED`, `FAMILY_LINK_NOT_ACCEPTED`, `ALREADY_OPEN`,
    /// `TOO_MANY_RELATIONS`, `STEP_UP_REQUIRED`, `CAP_CHANGES_USED_UP`.
    #[requires(account)]
    async fn confirm_intimate_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfirmIntimatePayInput,
    ) -> async_graphql::Result<IntimatePayPayload> {
        run(ctx, ConfirmIntimatePay { token: input.confirmation_token }).await
    }

    /// Changes what the payer allows. Whatever allows more than before needs a session that was stepped up, by more than the password
    /// where the account has more; the monthly cap and the emergency amount change 3 times a month at most.
    /// Codes: `ONLY_THE_PAYER`, `RELATION_ENDED`, `CAP_CHANGES_USED_UP`, `STEP_UP_REQUIRED`, `INVALID_AMOUNT`,
    /// `CAP_OUT_OF_RANGE`, `CATEGORY_INVALID`, `HOURS_INVALID`.
    #[requires(account)]
    async fn change_intimate_pay_terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ChangeIntimatePayTermsInput,
    ) -> async_graphql::Result<IntimatePayPayload> {
        let relation = relation(ctx, &input.intimate_pay_id)?;
        run(ctx, ChangeIntimatePayTerms { relation, terms: input.terms.into() }).await
    }

    /// Picks the payer's payment methods, in the order of preference. Codes: `ONLY_THE_PAYER`, `RELATION_ENDED`,
    /// `METHOD_UNKNOWN`, `METHOD_NOT_VERIFIED`, `METHOD_EXPIRED`, `METHODS_INVALID`.
    #[requires(account)]
    async fn set_intimate_pay_methods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetIntimatePayMethodsInput,
    ) -> async_graphql::Result<IntimatePayPayload> {
        let request = RequestContext::of(ctx)?;
        let relation = relation(ctx, &input.intimate_pay_id)?;
        let methods = input.method_ids.iter().take(100).map(|id| parse(id, "payment method"));
        let methods = methods.collect::<Result<Vec<_>, _>>().or_client(request)?;
        run(ctx, SetIntimatePayMethods { relation, methods }).await
    }

    /// Ends a relation, from either side, at any time. What is under way settles, and the history stays. Code: `RELATION_ENDED`.
    #[requires(account)]
    async fn end_intimate_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: IntimatePayInput,
    ) -> async_graphql::Result<IntimatePayPayload> {
        let relation = relation(ctx, &input.intimate_pay_id)?;
        run(ctx, EndIntimatePay { relation }).await
    }

    /// Lets a frozen relation go on, and closes its cases. Needs a session that was stepped up, by more than the password where the
    /// account has more. Codes: `ONLY_THE_PAYER`, `RELATION_ENDED`, `RELATION_NOT_FROZEN`, `STEP_UP_REQUIRED`.
    #[requires(account)]
    async fn unfreeze_intimate_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: IntimatePayInput,
    ) -> async_graphql::Result<IntimatePayPayload> {
        let relation = relation(ctx, &input.intimate_pay_id)?;
        run(ctx, UnfreezeIntimatePay { relation }).await
    }

    /// Reports something suspicious, from either side: the relation is frozen, a case is opened, both sides are told. Code:
    /// `REASON_INVALID`.
    #[requires(account)]
    async fn report_intimate_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ReportIntimatePaymentInput,
    ) -> async_graphql::Result<ReportIntimatePaymentPayload> {
        let request = RequestContext::of(ctx)?;
        let relation = relation(ctx, &input.intimate_pay_id)?;
        let used = input.purchase_id.as_ref().map(|id| parse(id, "purchase")).transpose().or_client(request)?;
        let command = ReportIntimatePayment { relation, used, reason: input.reason };
        let (reported, user_errors) = execute(ctx, command).await?.split(|reported| reported);
        let intimate_pay = match &reported {
            Some(reported) => node(request, reported.relation).await.or_client(request)?,
            None => None,
        };
        Ok(ReportIntimatePaymentPayload { case_id: reported.map(|r| id(r.case)), intimate_pay, user_errors })
    }
}

fn relation(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<IntimatePayId> {
    parse(id, "intimate pay").or_client(RequestContext::of(ctx)?)
}

/// Runs a command on a relation and shows the relation after it.
async fn run<C>(ctx: &Context<'_>, command: C) -> async_graphql::Result<IntimatePayPayload>
where
    C: Command<Output = Changed, Refusal = RelationRefusal>,
{
    let request = RequestContext::of(ctx)?;
    let (changed, user_errors) = execute(ctx, command).await?.split(|changed| changed);
    let intimate_pay = match changed {
        Some(changed) => node(request, changed.relation).await.or_client(request)?,
        None => None,
    };
    Ok(IntimatePayPayload { intimate_pay, user_errors })
}
