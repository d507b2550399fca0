//! Whether a sub-account whose password or code was right may log in now (requirement 4.20).

use super::ops::log_in::LogInRefusal;
use super::policy::{self, Against};
use crate::graphql::context::RequestContext;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::permissions::store as permissions;

/// Log-in by password, as policies name it.
pub const PASSWORD: &str = "PASSWORD";
/// Log-in by a code to a phone.
pub const PHONE_CODE: &str = "PHONE_CODE";

/// Looks at the login policy of the position, for a log-in with this client by this method, and whether anything is granted at all.
///
/// # Errors
/// [`LogInRefusal::Policy`], or the database's fault.
pub async fn may_log_in(
    request: &RequestContext,
    shop: ShopId,
    id: SubAccountId,
    client: &str,
    method: &str,
) -> Result<(), Fault<LogInRefusal>> {
    let mut conn = request.conn().await.map_err(Fault::widen)?;
    let (policy, zone) = policy::of_sub_account(&mut conn, shop, id).await?;
    let zone = zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let against = |against| Fault::Refused(LogInRefusal::Policy(against));
    if let Some(policy) = policy {
        policy::allows(&policy, zone, client, Some(method), request.now).map_err(against)?;
    }
    let epoch = permissions::epoch(&mut conn, shop).await?;
    let set = request.door.sets.resolve(&mut conn, shop, id, epoch).await?;
    if set.numbers().next().is_none() {
        return Err(against(Against::NothingGranted));
    }
    Ok(())
}
