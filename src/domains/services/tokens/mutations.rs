//! The mutations on tokens of services.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::issue::IssueServiceToken;
use super::ops::revoke::RevokeServiceToken;
use crate::domains::accounts::token::{Kind, Token};
use crate::domains::services::perms::PLUGIN_MANAGE;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};

/// A token to issue.
#[derive(InputObject)]
pub struct IssueServiceTokenInput {
    /// The shop that the service asks about. Left out by an operator, it is every shop that has the service; left out by
    /// whoever acts for one shop only, it is that.
    pub shop_id: Option<ID>,
    /// The service.
    pub service_id: ID,
    /// What it is for: 1 to 60 characters.
    pub label: String,
}

/// The new token.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct IssueServiceTokenPayload {
    /// The token: the service sends it as `Authorization: Bearer <token>`. It is shown this once.
    pub token: Option<String>,
    /// Its id, to revoke it by.
    pub token_id: Option<ID>,
    /// Why none was issued.
    pub user_errors: Vec<UserError>,
}

/// A token to revoke.
#[derive(InputObject)]
pub struct RevokeServiceTokenInput {
    /// The token's id.
    pub token_id: ID,
}

/// The token is revoked.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RevokeServiceTokenPayload {
    /// Its id.
    pub token_id: Option<ID>,
    /// Always empty.
    pub user_errors: Vec<UserError>,
}

/// Tokens of services.
#[derive(Default)]
pub struct ServiceTokenMutation;

#[guarded]
#[Object]
impl ServiceTokenMutation {
    /// Issues a token with which a third-party service asks for decisions about its own permissions, in a shop that has it.
    /// Codes: `NOT_SUBSCRIBED`, `LABEL_INVALID`, `TOO_MANY_TOKENS`.
    #[requires(any("service.subscribe", "platform.plugin.manage"))]
    async fn issue_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: IssueServiceTokenInput,
    ) -> async_graphql::Result<IssueServiceTokenPayload> {
        let request = RequestContext::of(ctx)?;
        let operator = request.actor().or_client(request)?.platform_permit(PLUGIN_MANAGE).is_some();
        let shop = match input.shop_id {
            None if operator => None,
            id => Some(request.shop_or_only(id.as_ref()).or_client(request)?),
        };
        let token = Token::generate_of(Kind::Service);
        let command =
            IssueServiceToken { shop, service: input.service_id.0, label: input.label, token_hash: token.hash() };
        let (token_id, user_errors) = execute(ctx, command).await?.split(|issued| id(issued.token));
        let token = token_id.is_some().then(|| token.reveal().to_owned());
        Ok(IssueServiceTokenPayload { token, token_id, user_errors })
    }

    /// Revokes a token: it opens nothing from the moment that this returns.
    #[requires(any("service.subscribe", "platform.plugin.manage"))]
    async fn revoke_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RevokeServiceTokenInput,
    ) -> async_graphql::Result<RevokeServiceTokenPayload> {
        let request = RequestContext::of(ctx)?;
        let command = RevokeServiceToken { token: parse(&input.token_id, "serviceToken").or_client(request)? };
        let (token_id, user_errors) = execute(ctx, command).await?.split(|revoked| id(revoked.token));
        Ok(RevokeServiceTokenPayload { token_id, user_errors })
    }
}
