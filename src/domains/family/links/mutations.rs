//! Inviting, answering and ending in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{FamilyLink, node};
use super::model::Relation;
use super::ops::answer::AnswerFamilyInvitation;
use super::ops::end::EndFamilyLink;
use super::ops::invite::InviteFamilyMember;
use super::ops::revoke::RevokeFamilyInvitation;
use super::ops::{Changed, FamilyRefusal};
use crate::command::Command;
use crate::domains::accounts::contacts::model::Address;
use crate::domains::accounts::token::{Kind, Token};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// A relative to invite.
#[derive(InputObject)]
pub struct InviteFamilyMemberInput {
    /// What the relative is to you.
    pub relation: Relation,
    /// What you call the relative: 1 to 40 characters.
    pub name: String,
    /// The relative's phone number. With it, only an account that has bound it can accept.
    #[graphql(secret)]
    pub phone: Option<String>,
}

/// An invitation to answer.
#[derive(InputObject)]
pub struct FamilyInvitationInput {
    /// The token of the link.
    #[graphql(secret)]
    pub token: String,
}

/// An invitation to take back.
#[derive(InputObject)]
pub struct RevokeFamilyInvitationInput {
    /// The invitation.
    pub family_link_id: ID,
}

/// A link to end.
#[derive(InputObject)]
pub struct EndFamilyLinkInput {
    /// The link.
    pub family_link_id: ID,
}

/// The invitation and its link, which is shown this once.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct InviteFamilyMemberPayload {
    /// The invitation.
    pub family_link: Option<FamilyLink>,
    /// The link to send to the relative. It is used once, and shown this once.
    pub invitation_link: Option<String>,
    /// The token in the link.
    pub token: Option<String>,
    /// Why nobody was invited.
    pub user_errors: Vec<UserError>,
}

/// The link as it stands now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct FamilyLinkPayload {
    /// The link; nothing when the rules refused, and for whoever declined.
    pub family_link: Option<FamilyLink>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Family links.
#[derive(Default)]
pub struct FamilyMutation;

#[guarded]
#[Object]
impl FamilyMutation {
    /// Invites a relative and gives the link to send. Codes: `NAME_INVALID`, `PHONE_INVALID`, `TOO_MANY_INVITATIONS`.
    #[requires(account)]
    async fn invite_family_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: InviteFamilyMemberInput,
    ) -> async_graphql::Result<InviteFamilyMemberPayload> {
        let request = RequestContext::of(ctx)?;
        let env = &request.door.env;
        let phone = input.phone.map(|text| Address::phone(&text, &env.contacts.region).ok_or(()));
        let token = Token::generate_of(Kind::Family);
        let command =
            InviteFamilyMember { relation: input.relation, name: input.name, phone, token_hash: token.hash() };
        let (made, user_errors) = execute(ctx, command).await?.split(|made| made);
        let family_link = match &made {
            Some(made) => node(request, made.link).await.or_client(request)?,
            None => None,
        };
        let link = made.is_some().then(|| format!("{}{}", env.family.invitation_link, token.reveal()));
        let token = made.is_some().then(|| token.reveal().to_owned());
        Ok(InviteFamilyMemberPayload { family_link, invitation_link: link, token, user_errors })
    }

    /// Accepts an invitation: the family link stands from now on. Codes: `INVITATION_UNKNOWN`, `INVITATION_ACCEPTED`,
    /// `INVITATION_DECLINED`, `INVITATION_EXPIRED`, `INVITATION_REVOKED`, `FAMILY_LINK_ENDED`, `OWN_INVITATION`,
    /// `PHONE_DIFFERS`, `ALREADY_LINKED`.
    #[requires(account)]
    async fn accept_family_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: FamilyInvitationInput,
    ) -> async_graphql::Result<FamilyLinkPayload> {
        run(ctx, answer(&input, true)).await
    }

    /// Declines an invitation. Codes as of `acceptFamilyInvitation`.
    #[requires(account)]
    async fn decline_family_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: FamilyInvitationInput,
    ) -> async_graphql::Result<FamilyLinkPayload> {
        run(ctx, answer(&input, false)).await
    }

    /// Takes an invitation back that nobody has answered. Codes: `INVITATION_ACCEPTED`, `INVITATION_DECLINED`,
    /// `INVITATION_EXPIRED`, `INVITATION_REVOKED`.
    #[requires(account)]
    async fn revoke_family_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RevokeFamilyInvitationInput,
    ) -> async_graphql::Result<FamilyLinkPayload> {
        let link = parse(&input.family_link_id, "invitation").or_client(RequestContext::of(ctx)?)?;
        run(ctx, RevokeFamilyInvitation { link }).await
    }

    /// Ends a family link, from either side; intimate pay on it ends with it. Codes: `INVITATION_PENDING`,
    /// `FAMILY_LINK_ENDED`.
    #[requires(account)]
    async fn end_family_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: EndFamilyLinkInput,
    ) -> async_graphql::Result<FamilyLinkPayload> {
        let link = parse(&input.family_link_id, "family link").or_client(RequestContext::of(ctx)?)?;
        run(ctx, EndFamilyLink { link }).await
    }
}

fn answer(input: &FamilyInvitationInput, accept: bool) -> AnswerFamilyInvitation {
    let token = Token::parse_of(Kind::Family, input.token.trim());
    AnswerFamilyInvitation { token_hash: token.map(|token| token.hash()), accept }
}

/// Runs a command on a link and shows the link after it.
async fn run<C>(ctx: &Context<'_>, command: C) -> async_graphql::Result<FamilyLinkPayload>
where
    C: Command<Output = Changed, Refusal = FamilyRefusal>,
{
    let request = RequestContext::of(ctx)?;
    let (changed, user_errors) = execute(ctx, command).await?.split(|changed| changed);
    let family_link = match changed {
        Some(changed) => node(request, changed.link).await.or_client(request)?,
        None => None,
    };
    Ok(FamilyLinkPayload { family_link, user_errors })
}
