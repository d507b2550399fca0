//! Changing one's own password in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::credentials::own_password;
use super::ops::change_password::{ChangeOwnPassword, ChangePasswordRefusal};
use super::ops::log_in::LogInRefusal;
use crate::domains::accounts::password;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::kernel::Fault;

/// The old password and the new one.
#[derive(InputObject)]
pub struct ChangeOwnPasswordInput {
    /// The password that counts now.
    #[graphql(secret)]
    pub old_password: String,
    /// The new password: 8 characters at least.
    #[graphql(secret)]
    pub new_password: String,
}

/// The password is changed.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ChangeOwnPasswordPayload {
    /// How many other sessions were ended; this one goes on. Null when the password was not changed.
    pub sessions_ended: Option<usize>,
    /// Why it was not.
    pub user_errors: Vec<UserError>,
}

/// Passwords.
#[derive(Default)]
pub struct PasswordMutation;

#[guarded]
#[Object]
impl PasswordMutation {
    /// Changes the password of the account or sub-account that is logged in; its other sessions end. Codes: `WRONG_CREDENTIALS`,
    /// `TOO_MANY_TRIES`, `PASSWORD_WEAK`, `PASSWORD_UNCHANGED`.
    #[requires(login)]
    async fn change_own_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ChangeOwnPasswordInput,
    ) -> async_graphql::Result<ChangeOwnPasswordPayload> {
        // On the heap: all root fields' futures lie one inside another, and the largest makes them all as large.
        Box::pin(change(ctx, input)).await
    }
}

async fn change(ctx: &Context<'_>, input: ChangeOwnPasswordInput) -> async_graphql::Result<ChangeOwnPasswordPayload> {
    let request = RequestContext::of(ctx)?;
    let refused = |error| Ok(ChangeOwnPasswordPayload { sessions_ended: None, user_errors: vec![error] });
    if let Err(weak) = password::check(&input.new_password) {
        return refused(UserError::of(&ChangePasswordRefusal::Weak(weak), request));
    }
    if input.new_password == input.old_password {
        return refused(UserError::of(&ChangePasswordRefusal::Same, request));
    }
    let own = match own_password(request, input.old_password, "changeOwnPassword").await {
        Ok(own) => own,
        Err(Fault::Refused(LogInRefusal::WrongCredentials)) => {
            return refused(UserError::of(&ChangePasswordRefusal::Wrong, request));
        }
        Err(Fault::Refused(refusal)) => return refused(UserError::of(&refusal, request)),
        Err(fault) => return Err(to_client(blameless(fault), request)),
    };
    let password_hash = password::hash(input.new_password).await.or_client(request)?;
    let command = ChangeOwnPassword { compared: own.hash, password_hash, counted: own.counted };
    Ok(match execute(ctx, command).await? {
        Answer::Done(changed) => {
            ChangeOwnPasswordPayload { sessions_ended: Some(changed.ended), user_errors: Vec::new() }
        }
        Answer::Refused(user_errors) => ChangeOwnPasswordPayload { sessions_ended: None, user_errors },
    })
}
