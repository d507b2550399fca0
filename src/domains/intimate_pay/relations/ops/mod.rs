//! What can be done with relations.

pub mod change;
pub mod confirm;
pub mod end;
pub mod methods;
pub mod open;
pub mod report;
pub mod unfreeze;

use serde::{Deserialize, Serialize};

use super::model::{IntimatePay, State};
use super::refusal::RelationRefusal;
use super::store;
use crate::command::Tx;
use crate::domains::intimate_pay::acting;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, IntimatePayId};
use crate::permissions::constraints::STEP_UP_LASTS;

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

/// Refuses a session that was not stepped up a short while ago.
fn stepped_up(tx: &Tx<'_>) -> Result<(), Fault<RelationRefusal>> {
    let strong = tx.actor()?.stepped_up_at.is_some_and(|at| tx.now < at + STEP_UP_LASTS);
    if strong { Ok(()) } else { Err(Fault::Refused(RelationRefusal::StepUp)) }
}
