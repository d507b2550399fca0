//! Accounts in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::AccountById;
use super::model::Profile;
use super::ops::disable::SetAccountState;
use super::ops::register::{RegisterAccount, RegisterRefusal};
use crate::domains::accounts::password;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::permissions::catalogue;

/// Somebody with an account, as others may see them.
pub struct Account(pub Arc<Profile>);

/// Somebody with an account, as others may see them.
#[guarded(inherits)]
#[Object]
impl Account {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The name that others see.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }
}

/// Whoever is logged in: the account's own part.
pub struct ViewerAccount;

/// A shop that somebody may act for, and what they may do there.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Seat {
    /// The shop.
    pub shop_id: ID,
    /// The name under which deeds are recorded there.
    pub name: String,
    /// Whether it is the main account's own seat.
    pub is_main_account: bool,
    /// The codes of what may be done there, limits aside.
    pub permissions: Vec<&'static str>,
}

#[guarded]
#[Object]
impl ViewerAccount {
    /// The id of the account or sub-account.
    #[requires(login)]
    async fn id(&self, ctx: &Context<'_>) -> async_graphql::Result<ID> {
        let request = RequestContext::of(ctx)?;
        let actor = request.actor().or_client(request)?;
        Ok(ID(actor.subject.to_string()))
    }

    /// The log-in name, `main` or `main:sub`.
    #[requires(login)]
    async fn login(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let request = RequestContext::of(ctx)?;
        Ok(request.actor().or_client(request)?.login.clone())
    }

    /// Whether a sub-account is logged in, which acts for its shop only.
    #[requires(login)]
    async fn is_sub_account(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let request = RequestContext::of(ctx)?;
        Ok(request.actor().or_client(request)?.is_sub_account())
    }

    /// The shops that may be acted for; at most 100 are listed.
    #[requires(login)]
    async fn seats(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Seat>> {
        let request = RequestContext::of(ctx)?;
        let actor = request.actor().or_client(request)?;
        Ok(actor
            .seats
            .iter()
            .take(100)
            .map(|seat| Seat {
                shop_id: id(seat.shop),
                name: seat.name.clone(),
                is_main_account: seat.is_main(),
                permissions: seat.set.numbers().filter(|n| seat.holds(*n, request.now)).map(catalogue::code).collect(),
            })
            .collect())
    }

    /// The codes of what may be done on the platform itself; empty for all but operators.
    #[requires(login)]
    async fn platform_permissions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<&'static str>> {
        let request = RequestContext::of(ctx)?;
        let actor = request.actor().or_client(request)?;
        Ok(actor.platform.iter().map(catalogue::code).collect())
    }
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AccountKind {
    /// A person.
    Person,
    /// An enterprise.
    Enterprise,
}

/// A new account.
#[derive(InputObject)]
pub struct RegisterAccountInput {
    /// The name to log in by: 3 to 32 letters, digits, `_ - .` or Chinese characters.
    pub login: String,
    /// The password: at least 8 characters.
    #[graphql(secret)]
    pub password: String,
    /// The name that others see.
    pub display_name: String,
    /// The kind.
    #[graphql(default_with = "AccountKind::Person")]
    pub kind: AccountKind,
}

/// The new account.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RegisterAccountPayload {
    /// Its id. Log in with `logIn`.
    pub account_id: Option<ID>,
    /// Why it was not registered.
    pub user_errors: Vec<UserError>,
}

/// An account whose state is to change.
#[derive(InputObject)]
pub struct AccountStateInput {
    /// The account.
    pub account_id: ID,
}

/// The account whose state was changed.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AccountStatePayload {
    /// The account.
    pub account_id: Option<ID>,
    /// When it was changed.
    pub at: Option<DateTime>,
    /// Why it was not changed.
    pub user_errors: Vec<UserError>,
}

/// Accounts.
#[derive(Default)]
pub struct AccountMutation;

#[guarded]
#[Object]
impl AccountMutation {
    /// Registers an account. Codes: `LOGIN_TAKEN`, `LOGIN_INVALID`, `DISPLAY_NAME_INVALID`, `PASSWORD_WEAK`.
    #[public = "everybody may have an account"]
    async fn register_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RegisterAccountInput,
    ) -> async_graphql::Result<RegisterAccountPayload> {
        let request = RequestContext::of(ctx)?;
        if let Err(weak) = password::check(&input.password) {
            let user_errors = vec![UserError::of(&RegisterRefusal::Weak(weak), request)];
            return Ok(RegisterAccountPayload { account_id: None, user_errors });
        }
        let password_hash = password::hash(input.password).await.or_client(request)?;
        let kind = match input.kind {
            AccountKind::Person => "PERSON",
            AccountKind::Enterprise => "ENTERPRISE",
        };
        let command = RegisterAccount { login: input.login, display_name: input.display_name, kind, password_hash };
        let (account_id, user_errors) = execute(ctx, command).await?.split(|made| id(made.id));
        Ok(RegisterAccountPayload { account_id, user_errors })
    }

    /// Ends all access of an account, its sessions included. Codes: `OWN_ACCOUNT`, `LAST_MANAGER`.
    #[requires("platform.account.disable")]
    async fn disable_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AccountStateInput,
    ) -> async_graphql::Result<AccountStatePayload> {
        set_state(ctx, &input, false).await
    }

    /// Gives an account its access back; it has to log in anew. Code: `OWN_ACCOUNT`.
    #[requires("platform.account.disable")]
    async fn enable_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AccountStateInput,
    ) -> async_graphql::Result<AccountStatePayload> {
        set_state(ctx, &input, true).await
    }
}

async fn set_state(
    ctx: &Context<'_>,
    input: &AccountStateInput,
    active: bool,
) -> async_graphql::Result<AccountStatePayload> {
    let request = RequestContext::of(ctx)?;
    let account = parse(&input.account_id, "account").or_client(request)?;
    let (done, user_errors) = execute(ctx, SetAccountState { account, active }).await?.split(|s| id(s.account));
    let at = done.is_some().then_some(DateTime(request.now));
    Ok(AccountStatePayload { account_id: done, at, user_errors })
}

/// The account behind an id that a visible record names.
///
/// # Errors
/// The database's fault, or ours when the record names nobody.
pub async fn account(request: &RequestContext, account: AccountId) -> Result<Account, Fault> {
    let row = request.loaders.of::<AccountById>().load(account).await?;
    row.map(Account).ok_or_else(|| Fault::internal("a record names an account that does not exist"))
}
