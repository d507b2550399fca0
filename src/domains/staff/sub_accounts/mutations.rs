//! The mutations on sub-accounts.

use async_graphql::{Context, ID, InputObject, Object};
use kith_macros::guarded;

use super::graphql::SubAccountPayload;
use super::ops::create::CreateSubAccount;
use super::ops::depart::DepartSubAccount;
use super::ops::invite::InviteManager;
use super::ops::reset_password::ResetSubAccountPassword;
use super::ops::restore::RestoreSubAccount;
use crate::domains::accounts::password::{self, WeakPassword};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// Somebody new.
#[derive(InputObject)]
pub struct CreateSubAccountInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The name behind the colon: 2 to 20 letters, digits, Chinese characters, `_` or `-`. It never changes.
    pub name: String,
    /// The name that others see: 1 to 40 characters.
    pub display_name: String,
    /// The password: 8 characters at least.
    #[graphql(secret)]
    pub password: String,
    /// The position.
    pub position_id: ID,
}

/// Whose password is lost.
#[derive(InputObject)]
pub struct ResetSubAccountPasswordInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// The new password: 8 characters at least.
    #[graphql(secret)]
    pub password: String,
}

/// Who departs.
#[derive(InputObject)]
pub struct DepartSubAccountInput {
    /// The sub-account.
    pub sub_account_id: ID,
}

/// Who comes back.
#[derive(InputObject)]
pub struct RestoreSubAccountInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// A new password; left out for a manager with an account of their own, who is asked again.
    #[graphql(secret)]
    pub password: Option<String>,
    /// The position from now on; the last one when it is left out.
    pub position_id: Option<ID>,
}

/// Somebody with an account of their own who is to work for the shop.
#[derive(InputObject)]
pub struct InviteManagerInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The log-in name of their account.
    pub login: String,
    /// The name in the shop, as for `createSubAccount`. It never changes.
    pub name: String,
    /// The name that others see; the account's own when it is left out.
    pub display_name: Option<String>,
    /// The position.
    pub position_id: ID,
}

/// Sub-accounts.
#[derive(Default)]
pub struct SubAccountMutation;

#[guarded]
#[Object]
impl SubAccountMutation {
    /// Adds a sub-account, which can log in at once. Codes: `NAME_…`, `NAME_TAKEN`, `NAME_TAKEN_IN_OTHER_SHOP`, `PASSWORD_WEAK`,
    /// `ABOVE_OWN_RANK`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `SHOP_FULL`.
    #[requires("sub_account.create")]
    async fn create_sub_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CreateSubAccountInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        if let Err(weak) = password::check(&input.password) {
            return Ok(refused(request, weak));
        }
        let command = CreateSubAccount {
            shop: request.shop_or_only(input.shop_id.as_ref()).or_client(request)?,
            position: parse(&input.position_id, "position").or_client(request)?,
            name: input.name,
            display_name: input.display_name,
            password_hash: password::hash(input.password).await.or_client(request)?,
        };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }

    /// Sets a new password for somebody below, whose sessions end. Whoever does so could log in as them, and so has to hold all that
    /// they hold. Codes: `ONESELF`, `ABOVE_OWN_RANK`, `NOT_BELOW_OWN_RANK`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`,
    /// `PASSWORD_WEAK`, `PASSWORD_UNWANTED`, `SUB_ACCOUNT_DEPARTED`.
    #[requires("sub_account.create")]
    async fn reset_sub_account_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ResetSubAccountPasswordInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        if let Err(weak) = password::check(&input.password) {
            return Ok(refused(request, weak));
        }
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let password_hash = password::hash(input.password).await.or_client(request)?;
        let command = ResetSubAccountPassword { sub_account, password_hash };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }

    /// Ends somebody's access at once: sessions, personal grants, position. An unanswered invitation is withdrawn. Codes:
    /// `ONESELF`, `ABOVE_OWN_RANK`, `SUB_ACCOUNT_DEPARTED`, `PERMISSION_UNMANAGED`.
    #[requires("sub_account.depart")]
    async fn depart_sub_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DepartSubAccountInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        Ok(SubAccountPayload::of(request, execute(ctx, DepartSubAccount { sub_account }).await?))
    }

    /// Takes back who departed, under the same name. Personal grants do not come back. Codes: `NOT_DEPARTED`, `ONESELF`,
    /// `ABOVE_OWN_RANK`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `PASSWORD_MISSING`, `PASSWORD_UNWANTED`,
    /// `PASSWORD_WEAK`, `ALREADY_STAFF`, `SHOP_FULL`.
    #[requires("sub_account.create")]
    async fn restore_sub_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RestoreSubAccountInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        if let Some(Err(weak)) = input.password.as_deref().map(password::check) {
            return Ok(refused(request, weak));
        }
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let position = input.position_id.map(|id| parse(&id, "position")).transpose().or_client(request)?;
        let password_hash = match input.password {
            Some(secret) => Some(password::hash(secret).await.or_client(request)?),
            None => None,
        };
        let command = RestoreSubAccount { sub_account, position, password_hash };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }

    /// Asks somebody with an account of their own to work for the shop; they answer with `acceptManagerInvitation`. Codes: as
    /// `createSubAccount`, and `ACCOUNT_UNKNOWN`, `OWN_ACCOUNT`, `ALREADY_STAFF`.
    #[requires("sub_account.create")]
    async fn invite_manager(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: InviteManagerInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let command = InviteManager {
            shop: request.shop_or_only(input.shop_id.as_ref()).or_client(request)?,
            position: parse(&input.position_id, "position").or_client(request)?,
            login: input.login,
            name: input.name,
            display_name: input.display_name,
        };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }
}

/// A password that is refused before it is hashed.
struct Weak(WeakPassword);

impl Refusal for Weak {
    fn code(&self) -> &'static str {
        "PASSWORD_WEAK"
    }

    fn field(&self) -> &'static [&'static str] {
        &["password"]
    }

    fn message(&self) -> Text {
        self.0.message()
    }
}

fn refused(request: &RequestContext, weak: WeakPassword) -> SubAccountPayload {
    SubAccountPayload { sub_account: None, user_errors: vec![UserError::of(&Weak(weak), request)] }
}
