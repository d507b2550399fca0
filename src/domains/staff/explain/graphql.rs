//! `permissionCatalog` and `explain` in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::entry::{PermissionGroup, groups};
use super::question::{Subject, entry, past, subject};
use super::standing;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::parse;
use crate::graphql::scalars::{DateTime, MoneyInput};
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Locale};
use crate::permissions::explain as engine;
use crate::permissions::holders::{self, Helpers};

/// May somebody do something?
#[derive(InputObject)]
pub struct ExplainInput {
    /// Who; the actor itself when it is left out.
    pub sub_account_id: Option<ID>,
    /// Where; may be left out by whoever acts for one shop only, and when the sub-account is given.
    pub shop_id: Option<ID>,
    /// The code of what.
    pub permission: String,
    /// How much it would move.
    pub amount: Option<MoneyInput>,
    /// When; now when it is left out. Use that is counted is that of the day and month of this moment, as counted so far.
    pub at: Option<DateTime>,
}

/// The decision, how it came about, and what would change it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Explanation {
    /// Whom it is about, by log-in name.
    pub name: String,
    /// Yes or no.
    pub allowed: bool,
    /// Whether somebody else must approve as well.
    pub second_approver_needed: bool,
    /// What stands in the way.
    pub denial: Option<ExplainedDenial>,
    /// The path that led to the decision, in order.
    pub path: Vec<ExplanationStep>,
    /// What holds a sub-account back besides, whatever it is granted: `MUTED` until it is certified, `LOGIN_POLICY` when its
    /// position limits how and when it logs in.
    pub notes: Vec<ExplanationStep>,
    /// The smallest change that would turn a no into a yes.
    pub smallest_change: Option<SmallestChange>,
    /// Who could do it instead, or approve as well, now: log-in names, at most 5.
    pub can_approve: Vec<String>,
    /// Who could grant what is missing, now: log-in names, at most 5.
    pub can_grant: Vec<String>,
}

/// What stands in the way, in the same words as the error of a denied request.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ExplainedDenial {
    /// A stable code: `PERMISSION_MISSING`, `LIMIT_PER_ACTION`, `LIMIT_PER_DAY`, `OUTSIDE_HOURS`, `OFF_SHIFT`,
    /// `PERMISSION_DORMANT`, `NOT_CERTIFIED`, `OUTSIDE_LOGIN_HOURS` …
    pub reason: &'static str,
    /// In words.
    pub message: String,
    /// The grant that stood but did not suffice.
    pub grant_id: Option<ID>,
    /// The limit that was hit, as a decimal amount or a count.
    pub limit: Option<String>,
    /// What is left of the limit.
    pub remaining: Option<String>,
    /// When the limit starts afresh, RFC 3339 in the shop's time zone.
    pub resets_at: Option<String>,
    /// The step-up that would turn the answer.
    pub step_up: Option<&'static str>,
}

/// One step on the way to the decision.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ExplanationStep {
    /// `MAIN_ACCOUNT`, `POSITION`, `GRANT`, `LIMIT`, `SHIFT`, `DEFAULT_DENY`, `SERVICE`, `PLUGIN`, `CERTIFICATION` or, of a manager
    /// with an account of their own, `LOGIN_POLICY`; of a note, `MUTED` or `LOGIN_POLICY`.
    pub kind: &'static str,
    /// The step in words.
    pub text: String,
    /// The record behind it.
    pub source_id: Option<ID>,
}

/// A change that would turn a no into a yes.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SmallestChange {
    /// `GRANT`, `REVOKE_DENIAL`, `RAISE_LIMIT`, `WIDEN_HOURS`, `EXTEND`, `STEP_UP`, `CHANGE_ROSTER`, `ASK_MAIN_ACCOUNT`, `SUBSCRIBE`,
    /// `CERTIFY` or `CHANGE_LOGIN_POLICY`.
    pub kind: &'static str,
    /// The change in words.
    pub text: String,
    /// The limit to change, as the input of `grantPermission` names it.
    pub constraint: Option<&'static str>,
    /// The smallest value that would do.
    pub value: Option<String>,
}

/// What is asked about permissions.
#[derive(Default)]
pub struct StaffQuery;

#[guarded]
#[Object]
impl StaffQuery {
    /// The permission page: three families, official functions, app services and back office, with their permissions
    /// (requirement 4.15). The codes of third-party services stand among the app services; they count in a shop that has
    /// subscribed to the service.
    #[requires(login)]
    async fn permission_catalog(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop; one that the actor may act for.")] shop_id: Option<ID>,
        #[graphql(desc = "Of the app services, this one only.")] service: Option<String>,
    ) -> async_graphql::Result<Vec<PermissionGroup>> {
        let request = RequestContext::of(ctx)?;
        if let Some(id) = shop_id {
            let shop: ShopId = parse(&id, "shop").or_client(request)?;
            let seat = request.actor().or_client(request)?.seat(shop);
            seat.ok_or(Fault::NotFound { what: "shop" }).or_client(request)?;
        }
        Ok(groups(service.as_deref()))
    }

    /// Whether somebody may do something, why, and what would help (requirement 5.6). Everybody may ask about themselves; about
    /// others needs `staff.read`.
    #[requires(login)]
    async fn explain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ExplainInput,
    ) -> async_graphql::Result<Explanation> {
        let request = RequestContext::of(ctx)?;
        answer(request, input).await.or_client(request)
    }
}

async fn answer(request: &RequestContext, input: ExplainInput) -> Result<Explanation, Fault> {
    let mut whom = subject(request, input.shop_id.as_ref(), input.sub_account_id.as_ref()).await?;
    let entry = entry(&input.permission)?;
    let at = past(request, input.at)?;
    let mut conn = request.conn().await?;
    let question = whom.question(&mut conn, request, input.amount, at).await?;
    let mut answer = engine::explain(&mut conn, &question, entry).await?;
    // Plugins are asked about now: which versions would have said what at a past moment is not known. No connection waits.
    let arbiter = &request.actor()?.arbiter;
    if at.is_none() && answer.allowed && arbiter.concerns(entry.number) {
        let ask = whom.ask(&mut conn, request, &question, entry.number).await?;
        drop(conn);
        let ruling = arbiter.rule_one(ask).await;
        conn = request.conn().await?;
        if let Some(ruling) = ruling {
            let used = engine::counted(&mut conn, &question, &ruling).await?;
            engine::advise(&mut answer, &question, entry.number, &ruling, &used);
        }
    }
    let mut notes = Vec::new();
    if let Some(who) = &whom.who {
        let (name, moment) = (&whom.seat.name, question.intended.now);
        standing::restrict(&mut conn, &mut answer, entry, (name.as_str(), &**who), moment).await?;
        // Which log-in policy there was at a past moment is not kept.
        if at.is_none() {
            let policy = standing::policy(&mut conn, who).await?;
            standing::shut(&mut answer, entry, (&whom.seat, &**who), policy.as_ref(), moment);
            notes = standing::notes(name, who, policy.as_ref(), moment);
        }
    }
    // Who could help is asked about now: nobody can help a past moment.
    let needs_help = at.is_none() && (!answer.allowed || answer.second_approver);
    let helpers = if needs_help {
        holders::helpers(&mut conn, &whom.seat, entry.number, question.intended.amount).await?
    } else {
        Helpers::default()
    };
    Ok(Explanation::of(answer, notes, &whom, helpers, request.locale))
}

impl Explanation {
    fn of(
        answer: engine::Explanation,
        notes: Vec<engine::Step>,
        whom: &Subject,
        helpers: Helpers,
        locale: Locale,
    ) -> Self {
        let denial = answer.denial.map(|denial| ExplainedDenial {
            reason: denial.reason,
            message: denial.message.as_ref().map(|text| text.get(locale).to_owned()).unwrap_or_default(),
            grant_id: denial.grant.map(ID),
            limit: denial.limit,
            remaining: denial.remaining,
            resets_at: denial.resets_at,
            step_up: denial.step_up,
        });
        let step = |step: engine::Step| ExplanationStep {
            kind: step.kind,
            text: step.text.get(locale).to_owned(),
            source_id: step.source.map(ID),
        };
        let change = |change: engine::Change| SmallestChange {
            kind: change.kind,
            text: change.text.get(locale).to_owned(),
            constraint: change.constraint,
            value: change.value,
        };
        Self {
            name: whom.seat.name.clone(),
            allowed: answer.allowed,
            second_approver_needed: answer.second_approver,
            denial,
            path: answer.path.into_iter().map(step).collect(),
            notes: notes.into_iter().map(step).collect(),
            smallest_change: answer.change.map(change),
            can_approve: helpers.can_do,
            can_grant: helpers.can_grant,
        }
    }
}
