//! What can be done with relations.

pub mod change;
pub mod confirm;
pub mod end;
pub mod methods;
pub mod open;
pub mod report;
pub mod unfreeze;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::model::{CAP_CHANGES, IntimatePay, State, counter_of};
use super::refusal::RelationRefusal;
use super::store;
use crate::command::Tx;
use crate::domains::accounts::step_up;
use crate::domains::intimate_pay::{acting, count};
use crate::kernel::ids::{AccountId, IntimatePayId};
use crate::kernel::{Fault, Text};
use crate::permissions::constraints::{Constraints, Use};
use crate::permissions::quota::Windows;

/// The relation that something was done to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Changed {
    /// Its id.
    pub relation: IntimatePayId,
}

/// Locks a relation that has not ended, for one of its sides.
async fn lock(tx: &mut Tx<'_>, id: IntimatePayId) -> Result<(AccountId, IntimatePay), Fault<RelationRefusal>> {
    let by = acting(tx)?;
    let relation = store::lock(tx.conn, by, id).await?.ok_or(Fault::NotFound { what: "intimate pay" })?;
    match relation.state() {
        State::Ended => Err(Fault::Refused(RelationRefusal::Ended)),
        _ => Ok((by, relation)),
    }
}

/// The same for the payer alone.
async fn lock_of_payer(tx: &mut Tx<'_>, id: IntimatePayId) -> Result<IntimatePay, Fault<RelationRefusal>> {
    let (by, relation) = lock(tx, id).await?;
    if relation.payer_account_id == by { Ok(relation) } else { Err(Fault::Refused(RelationRefusal::OnlyThePayer)) }
}

/// Counts a change of the caps of whom one pays for: so many a month, whichever of their relations is changed.
async fn count_change(
    tx: &mut Tx<'_>,
    [payer, beneficiary]: [AccountId; 2],
    zone: Tz,
) -> Result<(), Fault<RelationRefusal>> {
    let most = tx.env.intimate_pay.cap_changes_per_month;
    // The one mechanism of limits counts changes as it counts money.
    let limits = Constraints { per_month: Some(i64::from(most)), ..Constraints::default() };
    let intended = Use { now: tx.now, zone, amount: Some(1), stepped_up_at: None };
    let counter = counter_of(payer, beneficiary).named(CAP_CHANGES);
    if count(tx, counter, &limits, &intended).await?.is_err() {
        let resets_at = Windows::of(tx.now, zone).next_month();
        return Err(Fault::Refused(RelationRefusal::ChangesUsedUp { most, resets_at }));
    }
    Ok(())
}

/// Refuses a session that was not stepped up a short while ago, by the strongest factor that the payer has. Opening, widening and
/// letting go on what was reported are all that stands between whoever found out the password of the log-in and the payer's money:
/// the relative who pays then confirms with a payment password of their own (requirements 0.6, 3.10).
async fn stepped_up(tx: &mut Tx<'_>) -> Result<(), Fault<RelationRefusal>> {
    match step_up::require_strongest(tx, step_up::LASTS).await {
        Ok(_) => Ok(()),
        Err(Fault::Denied(denial)) => {
            let how = denial.message.unwrap_or(Text::new("Call stepUp.", "请调用 stepUp。"));
            Err(Fault::Refused(RelationRefusal::StepUp(how)))
        }
        Err(fault) => Err(fault),
    }
}
