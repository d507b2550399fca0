//! `authorize` in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::decide::decide;
use super::facts;
use super::model::{Decision, MOST, Obligation, Question};
use super::using::use_permission;
use crate::graphql::command::options;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::{Json, MoneyInput};
use crate::kernel::{Fault, Locale, Text};
use crate::permissions::arbiter::Facts;
use crate::permissions::explain::{Change, Step};

/// May a sub-account do something?
#[derive(InputObject)]
pub struct AuthorizeInput {
    /// Who.
    pub sub_account_id: ID,
    /// The code of what.
    pub permission: String,
    /// On what, as the service names it; one of the type `shop` must be the sub-account's shop.
    pub resource: Option<AuthorizeResource>,
    /// How much it would move.
    pub amount: Option<MoneyInput>,
    /// What the service has to know besides: an object of booleans, numbers and texts, such as `{ "copies": 2 }`.
    pub context: Option<Json>,
}

/// What something is done to.
#[derive(InputObject)]
pub struct AuthorizeResource {
    /// The kind, such as `order`.
    #[graphql(name = "type")]
    pub kind: String,
    /// Its id.
    pub id: ID,
}

/// A decision. About what does not exist, and about what is not for the one who asks to know of, it is the same no.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AuthorizationDecision {
    /// Yes or no.
    pub decision: bool,
    /// A stable code for a no: `NOT_FOUND`, `SUBJECT_INACTIVE`, `NOT_CERTIFIED`, `PERMISSION_MISSING`, `LIMIT_PER_DAY`,
    /// `SECOND_APPROVER_NEEDED`, `PLUGIN_DENIED`, `SERVICE_UNAVAILABLE` …
    pub reason: Option<&'static str>,
    /// The no in words.
    pub message: Option<String>,
    /// What a yes comes with: what is enforced when it is done.
    pub obligations: Vec<AuthorizationObligation>,
    /// How it came about.
    pub explain: Option<AuthorizationExplanation>,
}

/// Something that a yes comes with.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AuthorizationObligation {
    /// `SECOND_APPROVER` (of Kith's own codes: a service's use that needs one is a no), or a limit: `PER_ACTION`, `PER_DAY`, `PER_MONTH`, `COUNT_PER_DAY`, `HOURS`, `VALID_UNTIL`,
    /// `ON_SHIFT`, `STEP_UP_ABOVE`, `SECOND_APPROVER_ABOVE`.
    pub kind: &'static str,
    /// The figure: a decimal amount, a count, a span of the day or a moment; empty for `SECOND_APPROVER`.
    pub value: String,
    /// Whose it is: `grant`, `engine`, or the id of a plugin.
    pub source: String,
}

/// How a decision came about.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AuthorizationExplanation {
    /// The path that led to it, in order.
    pub path: Vec<AuthorizationStep>,
    /// The smallest change that would turn a no into a yes, in words.
    pub smallest_change: Option<String>,
    /// The limit that was hit, as a decimal amount or a count.
    pub limit: Option<String>,
    /// What is left of the limit.
    pub remaining: Option<String>,
    /// When the limit starts afresh, RFC 3339 in the shop's time zone.
    pub resets_at: Option<String>,
}

/// One step on the way to a decision.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AuthorizationStep {
    /// `POSITION`, `GRANT`, `LIMIT`, `SHIFT`, `DEFAULT_DENY`, `SERVICE`, `PLUGIN` or `CERTIFICATION`.
    pub kind: &'static str,
    /// The step in words.
    pub text: String,
    /// The record or plugin behind it.
    pub source_id: Option<ID>,
}

/// What is asked about decisions.
#[derive(Default)]
pub struct DecisionQuery;

#[guarded]
#[Object]
impl DecisionQuery {
    /// Whether a sub-account may do something, with reason, obligations and explanation. A third-party service asks about its
    /// own permissions, in shops that have it; a shop's main account about its staff. Nothing is used up by asking.
    #[requires(service)]
    async fn authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, what, on what.")] input: AuthorizeInput,
    ) -> async_graphql::Result<AuthorizationDecision> {
        let request = RequestContext::of(ctx)?;
        let questions = [input.read().or_client(request)?];
        let mut decisions = decide(request, &questions).await.or_client(request)?;
        let decision = decisions.pop().unwrap_or_else(Decision::unknown);
        Ok(AuthorizationDecision::of(decision, request.locale))
    }

    /// As `authorize`, many at a time: the decisions come in the order of the questions.
    #[requires(service)]
    async fn authorize_all(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 questions.")] inputs: Vec<AuthorizeInput>,
    ) -> async_graphql::Result<Vec<AuthorizationDecision>> {
        let request = RequestContext::of(ctx)?;
        if inputs.len() > MOST {
            let message = Text::new("Ask at most 100 questions at a time.", "一次最多查询 100 个问题。");
            return Err(Fault::BadInput { field: "inputs", message }).or_client(request);
        }
        let read: Result<Vec<Question>, Fault> = inputs.into_iter().map(AuthorizeInput::read).collect();
        let decisions = decide(request, &read.or_client(request)?).await.or_client(request)?;
        Ok(decisions.into_iter().map(|decision| AuthorizationDecision::of(decision, request.locale)).collect())
    }
}

/// Something that a service is about to do.
#[derive(InputObject)]
pub struct UsePermissionInput {
    /// Who.
    pub sub_account_id: ID,
    /// The code of what.
    pub permission: String,
    /// On what, as the service names it; one of the type `shop` must be the sub-account's shop.
    pub resource: Option<AuthorizeResource>,
    /// How much it moves.
    pub amount: Option<MoneyInput>,
    /// What the service has to know besides: an object of booleans, numbers and texts.
    pub context: Option<Json>,
}

/// Whether the service may go ahead.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct UsePermissionPayload {
    /// The decision. On a yes the use is counted.
    pub decision: AuthorizationDecision,
    /// Always empty: a no is a decision.
    pub user_errors: Vec<UserError>,
}

/// What services do.
#[derive(Default)]
pub struct DecisionMutation;

#[guarded]
#[Object]
impl DecisionMutation {
    /// As `authorize`, for a service that goes ahead on a yes: the use is counted against the limits of the grant and of the
    /// service, and stands in the shop's trail as the sub-account's deed. A use above `secondApproverAbove` is a no: nothing here
    /// waits for a second person. A key of `@idempotent` is the service's own. Services only.
    #[requires(service)]
    async fn use_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, what, on what.")] input: UsePermissionInput,
    ) -> async_graphql::Result<UsePermissionPayload> {
        let request = RequestContext::of(ctx)?;
        let UsePermissionInput { sub_account_id, permission, resource, amount, context } = input;
        let question = AuthorizeInput { sub_account_id, permission, resource, amount, context }.read();
        let options = options(ctx).or_client(request)?;
        let decision = use_permission(request, &question.or_client(request)?, options).await.or_client(request)?;
        let decision = AuthorizationDecision::of(decision, request.locale);
        Ok(UsePermissionPayload { decision, user_errors: Vec::new() })
    }
}

impl AuthorizeInput {
    fn read(self) -> Result<Question, Fault> {
        let bad = |message| Fault::BadInput { field: "context", message };
        let mut told = Facts::new();
        match self.context {
            None | Some(Json(serde_json::Value::Null)) => {}
            Some(Json(serde_json::Value::Object(context))) => facts::add(&mut told, &context).map_err(bad)?,
            Some(_) => return Err(bad(Text::new("The context is an object.", "context 必须是对象。"))),
        }
        let resource = self.resource.map(|resource| facts::resource(resource.kind, resource.id.0)).transpose();
        Ok(Question {
            subject: self.sub_account_id.0,
            action: self.permission,
            resource: resource.map_err(|message| Fault::BadInput { field: "resource", message })?,
            amount: self.amount.map(Into::into),
            facts: told,
        })
    }
}

impl AuthorizationDecision {
    fn of(decision: Decision, locale: Locale) -> Self {
        let step = |step: Step| AuthorizationStep {
            kind: step.kind,
            text: step.text.get(locale).to_owned(),
            source_id: step.source.map(ID),
        };
        let obligation =
            |one: Obligation| AuthorizationObligation { kind: one.kind, value: one.value, source: one.source };
        let explain = decision.explanation.map(|explanation| {
            let denial = explanation.denial.unwrap_or_default();
            AuthorizationExplanation {
                path: explanation.path.into_iter().map(step).collect(),
                smallest_change: explanation.change.map(|change: Change| change.text.get(locale).to_owned()),
                limit: denial.limit,
                remaining: denial.remaining,
                resets_at: denial.resets_at,
            }
        });
        Self {
            decision: decision.allowed,
            reason: decision.reason,
            message: decision.message.map(|message| message.get(locale).to_owned()),
            obligations: decision.obligations.into_iter().map(obligation).collect(),
            explain,
        }
    }
}
