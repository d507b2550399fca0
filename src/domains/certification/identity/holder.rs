//! Who holds a payment account of the account that asks: its provider says so, outside of every transaction (requirement 2.2).

use chrono::TimeDelta;

use super::model::IdentityRefusal;
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::{own, throttle};
use crate::domains::certification::Certifier;
use crate::domains::payments::methods::store as methods;
use crate::graphql::context::RequestContext;
use crate::kernel::Fault;
use crate::kernel::ids::{PaymentMethodId, TypedId};
use crate::providers::payments::holders::{Holder, HolderError};

/// How often an account may have its provider asked within a day: each question shows a name to us.
const MOST_A_DAY: i32 = 10;

/// The holder of a verified payment account of whoever asks.
///
/// # Errors
/// [`IdentityRefusal`], or a fault.
pub async fn holder(
    request: &RequestContext,
    certifier: &Certifier,
    method: PaymentMethodId,
) -> Result<Holder, Fault<IdentityRefusal>> {
    let account = own::of_request(request).map_err(Fault::widen)?;
    let keys = &request.door.env.keys;
    let handle = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        let sealed = methods::verified_handle(&mut conn, account, method).await?;
        let sealed = sealed.ok_or(Fault::Refused(IdentityRefusal::PaymentAccount))?;
        let (key, now, day) =
            (keys.hash("identity.holder", &[account.uuid().as_bytes()]), request.now, TimeDelta::days(1));
        if !throttle::take(&mut conn, &key, now, day, MOST_A_DAY).await? {
            let again_at = throttle::resets_at(&mut conn, &key).await?.unwrap_or(now + day);
            return Err(Fault::Refused(IdentityRefusal::TooMany { again_at }));
        }
        Address::open(keys, Kind::Phone, &sealed)
            .or_else(|_| Address::open(keys, Kind::Email, &sealed))
            .map_err(Fault::internal)?
    };
    // No connection is held from here on.
    let key = uuid::Uuid::now_v7().to_string();
    match certifier.holders.holder(&key, handle.expose()).await {
        Ok(Some(holder)) => Ok(holder),
        Ok(None) => Err(Fault::Refused(IdentityRefusal::NoHolder)),
        Err(HolderError::Off) => Err(Fault::Refused(IdentityRefusal::HoldersOff)),
        Err(HolderError::Provider(why)) => {
            tracing::warn!(%method, why, "the provider of payments did not say who holds a payment account");
            Err(Fault::Refused(IdentityRefusal::HolderFault))
        }
    }
}
