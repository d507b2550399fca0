//! The end of an account in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::delete::DeleteAccount;
use crate::graphql::command::execute;
use crate::graphql::errors::UserError;
use crate::graphql::ids::id;

/// The account that was deleted.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// Its id, which leads to nobody.
    pub account_id: Option<ID>,
    /// Why it stays.
    pub user_errors: Vec<UserError>,
}

/// That an account is to go.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// That it is meant: a deleted account does not come back.
    #[graphql(default = false)]
    pub confirmed: bool,
}

/// The end of an account.
#[derive(Default)]
pub struct DeleteAccountMutation;

#[guarded]
#[Object]
impl DeleteAccountMutation {
    /// Deletes one's own account and everything that says who its owner was. What others have a right to keep, as orders and the
    /// movements of money, stays under an id that leads to nobody. A refund that is decided after that goes to the card that paid, or
    /// is set aside by the platform; so what is to be refunded soon has to be waited for. The session must have been stepped up, by
    /// more than the password where the account has more. Codes: `NOT_CONFIRMED`, `OPERATOR_ACCOUNT`, `ACCOUNT_IN_USE`.
    #[requires(account)]
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DeleteAccountInput,
    ) -> async_graphql::Result<DeleteAccountPayload> {
        let command = DeleteAccount { confirmed: input.confirmed };
        let (account_id, user_errors) = execute(ctx, command).await?.split(|gone| id(gone.account));
        Ok(DeleteAccountPayload { account_id, user_errors })
    }
}
