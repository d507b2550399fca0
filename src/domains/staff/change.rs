//! How every change of staff begins: the shop's epoch is locked, so that such changes come one after the other and each
//! is decided on what the one before left; then the record.
//!
//! Who has no seat in the shop locks nothing and learns nothing: the record does not exist (h19).

use super::grants::{self, model::Grant};
use super::positions::{self, model::Equipped};
use super::sub_accounts::{self, model::SubAccount};
use crate::command::Tx;
use crate::kernel::Fault;
use crate::kernel::ids::{GrantId, PositionId, ShopId, SubAccountId};
use crate::permissions::{Guarded, Permit, store};

/// Locks a shop for a change of its staff.
///
/// # Errors
/// [`Fault::NotFound`] of `what` when the actor has no seat there.
pub async fn shop<E>(tx: &mut Tx<'_>, shop: ShopId, what: &'static str) -> Result<(), Fault<E>> {
    if tx.actor()?.seat(shop).is_none() {
        return Err(Fault::NotFound { what });
    }
    store::lock_epoch(tx.conn, shop).await?;
    Ok(())
}

/// Locks a sub-account with its shop.
///
/// # Errors
/// [`Fault::NotFound`] when there is none, or the actor has no seat in its shop.
pub async fn sub_account<E>(tx: &mut Tx<'_>, id: SubAccountId) -> Result<SubAccount, Fault<E>> {
    let missing = Fault::NotFound { what: SubAccount::KIND };
    let Some(of) = sub_accounts::store::shop_of(tx.conn, id).await? else { return Err(missing) };
    shop(tx, of, SubAccount::KIND).await?;
    sub_accounts::store::lock(tx.conn, of, id).await?.ok_or(missing)
}

/// A position with its shop locked.
///
/// # Errors
/// As [`sub_account`].
pub async fn position<E>(tx: &mut Tx<'_>, id: PositionId) -> Result<Equipped, Fault<E>> {
    let missing = Fault::NotFound { what: positions::model::Position::KIND };
    let shops = seats(tx)?;
    let Some(of) = positions::store::shop_of(tx.conn, &shops, id).await? else { return Err(missing) };
    shop(tx, of, positions::model::Position::KIND).await?;
    positions::store::find(tx.conn, of, id).await?.ok_or(missing)
}

/// A grant that stands, with its sub-account and shop locked.
///
/// # Errors
/// As [`sub_account`]; a grant that was revoked does not stand.
pub async fn grant<E>(tx: &mut Tx<'_>, id: GrantId) -> Result<(Grant, SubAccount), Fault<E>> {
    let missing = || Fault::NotFound { what: Grant::KIND };
    let shops = seats(tx)?;
    let found = grants::store::find(tx.conn, &shops, id).await?.ok_or_else(missing)?;
    let who = sub_account(tx, found.sub_account_id).await?;
    let fresh = grants::store::find(tx.conn, &shops, id).await?.filter(|grant| grant.revoked_at.is_none());
    Ok((fresh.ok_or_else(missing)?, who))
}

/// A position of a shop that is locked already, for a sub-account to hold.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn position_in<E>(tx: &mut Tx<'_>, shop: ShopId, id: PositionId) -> Result<Equipped, Fault<E>> {
    let found = positions::store::find(tx.conn, shop, id).await?;
    found.ok_or(Fault::NotFound { what: positions::model::Position::KIND })
}

/// Whether whoever was permitted holds a position: nobody changes what they hold themselves (requirement 5.2).
///
/// # Errors
/// The database's fault.
pub async fn is_own_position<R, E>(tx: &mut Tx<'_>, permit: &Permit<R>, id: PositionId) -> Result<bool, Fault<E>> {
    let Some(own) = permit.seat.sub_account else { return Ok(false) };
    let own = sub_accounts::store::by_ids(tx.conn, &[own]).await?;
    Ok(own.iter().any(|own| own.position_id == id))
}

/// The name in the shop's records of whoever was permitted.
#[must_use]
pub fn by<R>(permit: &Permit<R>) -> String {
    permit.seat.name.clone()
}

fn seats<E>(tx: &Tx<'_>) -> Result<Vec<ShopId>, Fault<E>> {
    Ok(tx.actor()?.seats.iter().map(|seat| seat.shop).collect())
}
