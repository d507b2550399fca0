//! The look-up: the accounts that possibly belong together with one.

use diesel_async::AsyncPgConnection;

use super::model::{Possible, possible};
use super::store;
use crate::config::Association;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

/// The accounts that possibly belong to the owner of `account`, the likeliest first (requirement 1.5). One statement.
///
/// # Errors
/// The database's fault.
pub async fn possibly_associated(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    figures: &Association,
    now: Instant,
) -> Result<Vec<Possible>, diesel::result::Error> {
    let shared = store::shared(conn, account, figures.max_degree).await?;
    Ok(possible(shared, figures, now))
}
