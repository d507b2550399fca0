//! Contesting and looking up in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{AssociationEvidence, AssociationSignal};
use super::ops::contest::ContestSignal;
use super::ops::look_up::LookUp;
use super::ops::review::ReviewSignal;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};

/// A signal that is wrong.
#[derive(InputObject)]
pub struct ContestAssociationSignalInput {
    /// The signal.
    pub signal_id: ID,
    /// Why it is wrong: 1 to 500 characters.
    pub reason: String,
}

/// The signal after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AssociationSignalPayload {
    /// The signal.
    pub signal: Option<AssociationSignal>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Whose associations an operator wants to see.
#[derive(InputObject)]
pub struct LookUpAssociationsInput {
    /// The account.
    pub account_id: ID,
    /// Why: 1 to 500 characters. It stands in the audit trail.
    pub reason: String,
}

/// An account that possibly belongs to the same owner, as an operator sees it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AssociationFound {
    /// The other account.
    pub account_id: ID,
    /// The name that others see.
    pub display_name: String,
    /// From 0 to 1.
    pub score: f64,
    /// Why, the strongest first; what is contested is among it and says nothing.
    pub evidence: Vec<AssociationEvidence>,
}

/// What an operator saw.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct LookUpAssociationsPayload {
    /// The accounts, the likeliest first; at most 100.
    pub associations: Option<Vec<AssociationFound>>,
    /// What the account was seen with; at most 100.
    pub signals: Option<Vec<AssociationSignal>>,
    /// Why nothing is shown.
    pub user_errors: Vec<UserError>,
}

/// An operator's decision about a contested signal.
#[derive(InputObject)]
pub struct ReviewAssociationSignalInput {
    /// Whose signal.
    pub account_id: ID,
    /// Which.
    pub signal_id: ID,
    /// Whether it counts after all.
    pub upheld: bool,
}

/// Signals.
#[derive(Default)]
pub struct AssociationSignalMutation;

#[guarded]
#[Object]
impl AssociationSignalMutation {
    /// Contests a signal of this account: it does not count from then on, unless an operator upholds it. Codes:
    /// `REASON_INVALID`, `ALREADY_CONTESTED`, `CONTEST_DECIDED`.
    #[requires(account)]
    async fn contest_association_signal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ContestAssociationSignalInput,
    ) -> async_graphql::Result<AssociationSignalPayload> {
        let request = RequestContext::of(ctx)?;
        let signal = parse(&input.signal_id, "signal").or_client(request)?;
        let command = ContestSignal { signal, reason: input.reason };
        let (signal, user_errors) = execute(ctx, command).await?.split(|done| AssociationSignal::of(&done.signal));
        Ok(AssociationSignalPayload { signal: signal.flatten(), user_errors })
    }

    /// Shows the accounts that possibly belong together with one. Every look is on record with its reason, so it is a
    /// mutation and cannot be rehearsed. Code: `REASON_INVALID`.
    #[requires("platform.association.read")]
    async fn look_up_associations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: LookUpAssociationsInput,
    ) -> async_graphql::Result<LookUpAssociationsPayload> {
        let request = RequestContext::of(ctx)?;
        let account = parse(&input.account_id, "account").or_client(request)?;
        let (seen, user_errors) = execute(ctx, LookUp { account, reason: input.reason }).await?.split(|seen| seen);
        let Some(seen) = seen else {
            return Ok(LookUpAssociationsPayload { associations: None, signals: None, user_errors });
        };
        let signals = seen.signals.iter().filter_map(AssociationSignal::of).collect();
        let associations = seen.found.into_iter().map(|(one, display_name)| AssociationFound {
            account_id: id(one.other),
            display_name,
            score: one.score,
            evidence: one.evidence.iter().map(|found| AssociationEvidence::of(found, request.locale)).collect(),
        });
        let associations = Some(associations.collect());
        Ok(LookUpAssociationsPayload { associations, signals: Some(signals), user_errors })
    }

    /// Decides about a signal that its owner contests. Code: `NOT_CONTESTED`.
    #[requires("platform.association.read")]
    async fn review_association_signal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ReviewAssociationSignalInput,
    ) -> async_graphql::Result<AssociationSignalPayload> {
        let request = RequestContext::of(ctx)?;
        let account = parse(&input.account_id, "account").or_client(request)?;
        let signal = parse(&input.signal_id, "signal").or_client(request)?;
        let command = ReviewSignal { account, signal, upheld: input.upheld };
        let (signal, user_errors) = execute(ctx, command).await?.split(|done| AssociationSignal::of(&done.signal));
        Ok(AssociationSignalPayload { signal: signal.flatten(), user_errors })
    }
}
