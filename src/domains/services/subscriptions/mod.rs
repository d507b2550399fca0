//! Which services a shop has. The main account alone decides (requirement 4.12); ending a subscription puts its grants and
//! settings to sleep, and subscribing again wakes them (requirement 5.9).

pub mod mutations;
pub mod ops;

use crate::command::Tx;
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;
use crate::permissions::store;

/// Locks a shop for a change of its services, as every change of its permissions begins.
///
/// # Errors
/// [`Fault::NotFound`] when the actor has no seat there (h19).
pub async fn begin<E>(tx: &mut Tx<'_>, shop: ShopId) -> Result<(), Fault<E>> {
    if tx.actor()?.seat(shop).is_none() {
        return Err(Fault::NotFound { what: "shop" });
    }
    store::lock_epoch(tx.conn, shop).await?;
    Ok(())
}
