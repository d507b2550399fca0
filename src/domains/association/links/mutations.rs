//! Joining and parting accounts in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{Association, association};
use super::ops::answer::AnswerAssociation;
use super::ops::end::EndAssociation;
use super::ops::request::{Linked, RequestAssociation};
use crate::domains::accounts::own;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// Another account of the same owner.
#[derive(InputObject)]
pub struct RequestAssociationInput {
    /// The log-in name of the other account.
    pub login: String,
}

/// A request that is accepted.
#[derive(InputObject)]
pub struct AcceptAssociationInput {
    /// The association.
    pub association_id: ID,
}

/// A request that is declined.
#[derive(InputObject)]
pub struct DeclineAssociationInput {
    /// The association.
    pub association_id: ID,
}

/// An association that is ended.
#[derive(InputObject)]
pub struct EndAssociationInput {
    /// The association.
    pub association_id: ID,
}

/// The association after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AssociationPayload {
    /// The association.
    pub association: Option<Association>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Accounts that their owner joins.
#[derive(Default)]
pub struct AssociationMutation;

#[guarded]
#[Object]
impl AssociationMutation {
    /// Asks another account of one's own whether the two are to be associated. Nothing is shown before that account has
    /// accepted. Codes: `ACCOUNT_NOT_FOUND`, `OWN_ACCOUNT`, `ALREADY_ASSOCIATED`, `ASSOCIATION_LIMIT`.
    #[requires(account)]
    async fn request_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RequestAssociationInput,
    ) -> async_graphql::Result<AssociationPayload> {
        payload(ctx, execute(ctx, RequestAssociation { login: input.login }).await?).await
    }

    /// Accepts a request: from then on both accounts see the bought items of both in `viewer.jointOrders`. Codes:
    /// `ASSOCIATION_NOT_OPEN`, `ASSOCIATION_LAPSED`, `ASSOCIATION_LIMIT`.
    #[requires(account)]
    async fn accept_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AcceptAssociationInput,
    ) -> async_graphql::Result<AssociationPayload> {
        let request = RequestContext::of(ctx)?;
        let association = parse(&input.association_id, "association").or_client(request)?;
        payload(ctx, execute(ctx, AnswerAssociation { association, accept: true }).await?).await
    }

    /// Declines a request. Codes: `ASSOCIATION_NOT_OPEN`, `ASSOCIATION_LAPSED`.
    #[requires(account)]
    async fn decline_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DeclineAssociationInput,
    ) -> async_graphql::Result<AssociationPayload> {
        let request = RequestContext::of(ctx)?;
        let association = parse(&input.association_id, "association").or_client(request)?;
        payload(ctx, execute(ctx, AnswerAssociation { association, accept: false }).await?).await
    }

    /// Ends an association, or takes one's request back. Code: `ASSOCIATION_NOT_OPEN`.
    #[requires(account)]
    async fn end_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: EndAssociationInput,
    ) -> async_graphql::Result<AssociationPayload> {
        let request = RequestContext::of(ctx)?;
        let association = parse(&input.association_id, "association").or_client(request)?;
        payload(ctx, execute(ctx, EndAssociation { association }).await?).await
    }
}

async fn payload(ctx: &Context<'_>, answer: Answer<Linked>) -> async_graphql::Result<AssociationPayload> {
    let request = RequestContext::of(ctx)?;
    let (linked, user_errors) = answer.split(|linked| linked.association);
    let Some(row) = linked else { return Ok(AssociationPayload { association: None, user_errors }) };
    let viewer = own::of_request(request).or_client(request)?;
    let association = Some(association(request, viewer, &row).await.or_client(request)?);
    Ok(AssociationPayload { association, user_errors })
}
