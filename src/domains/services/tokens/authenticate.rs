//! From a token to the service behind it.

use super::store::CallerByToken;
use crate::db::Db;
use crate::domains::accounts::token::TokenHash;
use crate::kernel::Fault;
use crate::permissions::ServiceCaller;

/// The service of a token, or `None` when the token is unknown or revoked. Read anew for each request.
///
/// # Errors
/// The database's fault.
pub async fn authenticate(db: &Db, token: &TokenHash) -> Result<Option<ServiceCaller>, Fault> {
    let Ok(key) = token.as_slice().try_into() else { return Ok(None) };
    db.one::<CallerByToken>(key).await
}
