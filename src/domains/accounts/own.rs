//! The account that acts in its own name. A sub-account acts for its shop only (requirement 4.12).

use crate::command::Tx;
use crate::graphql::context::RequestContext;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};

/// The account of a command.
///
/// # Errors
/// [`Fault::Unauthenticated`] for nobody, [`Fault::NotFound`] for a sub-account.
pub fn of_command<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    of(tx.actor()?.subject)
}

/// The account of a request.
///
/// # Errors
/// As [`of_command`].
pub fn of_request(request: &RequestContext) -> Result<AccountId, Fault> {
    of(request.actor()?.subject)
}

fn of<E>(subject: Subject) -> Result<AccountId, Fault<E>> {
    match subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}
