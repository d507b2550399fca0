//! The steps, one a file, and what follows from the answers.

pub mod code;
pub mod face;
pub mod identity;
pub mod scan;

use diesel_async::AsyncPgConnection;

use super::model::StaffCertificationRefusal as Refused;
use super::store::{self, StaffCertification};
use crate::command::Tx;
use crate::domains::certification::verifications::store::Verification;
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store as sub_accounts;
use crate::kernel::ids::{SubAccountId, TypedId};
use crate::kernel::{Fault, Instant};
use crate::permissions::store::lock_epoch;

/// A sub-account that can be certified, with its shop locked.
async fn locked(tx: &mut Tx<'_>, id: SubAccountId) -> Result<SubAccount, Fault<Refused>> {
    let missing = || Fault::NotFound { what: "subAccount" };
    let shop = sub_accounts::shop_of(tx.conn, id).await?.ok_or_else(missing)?;
    lock_epoch(tx.conn, shop).await?;
    sub_accounts::lock(tx.conn, shop, id).await?.ok_or_else(missing)
}

fn able(who: &SubAccount) -> Result<(), Fault<Refused>> {
    if who.state != State::Active || who.linked_account_id.is_some() {
        return Err(Fault::Refused(Refused::NotActive));
    }
    if who.certified_at.is_some() {
        return Err(Fault::Refused(Refused::Certified));
    }
    Ok(())
}

/// Whether whoever asks is the sub-account itself, or scanned its code.
fn goes_on(tx: &Tx<'_>, who: &SubAccount, row: Option<&StaffCertification>) -> Result<bool, Fault<Refused>> {
    let subject = tx.actor()?.subject;
    let scanned = row.and_then(|row| row.scanned_by.as_deref()) == Some(subject.to_string().as_str());
    Ok(scanned || subject.uuid() == who.id.uuid())
}

/// The sub-account and its certification, for whoever goes on with it.
async fn under_way(tx: &mut Tx<'_>, id: SubAccountId) -> Result<(SubAccount, StaffCertification), Fault<Refused>> {
    let who = locked(tx, id).await?;
    let row = store::get(tx.conn, who.shop_id, id).await?;
    if !goes_on(tx, &who, row.as_ref())? {
        return Err(Fault::NotFound { what: "subAccount" });
    }
    able(&who)?;
    let first = Fault::Refused(Refused::Step(super::model::StaffCertificationStep::Scan));
    Ok((who, row.ok_or(first)?))
}

/// What follows from an answer about a sub-account, if it is the one that its certification waits for. It takes the lock of the
/// shop first, as every step does.
///
/// # Errors
/// The database's fault.
pub async fn decided(
    conn: &mut AsyncPgConnection,
    asked: &Verification,
    passed: bool,
    reason: Option<&str>,
    now: Instant,
) -> Result<(), diesel::result::Error> {
    let Some(shop) = asked.shop_id else { return Ok(()) };
    lock_epoch(conn, shop).await?;
    let key = (shop, SubAccountId::from_uuid(asked.owner_id));
    let next = match (asked.kind.as_str(), passed) {
        ("IDENTITY", true) => "NAMED",
        ("IDENTITY", false) => "SCANNED",
        (_, true) => "PASSED",
        (_, false) => "NAMED",
    };
    let reason = if passed { None } else { reason.or(Some("REFUSED")) };
    if !store::answered(conn, key, (asked.id, &asked.kind), (next, reason), now).await? {
        return Ok(());
    }
    match next {
        "SCANNED" => store::unname(conn, key).await.map(drop),
        "PASSED" => store::certified(conn, key, now).await.map(drop),
        _ => Ok(()),
    }
}
