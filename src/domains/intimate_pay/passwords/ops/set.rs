//! `setPaymentPassword`: the first one, a new one with the old, or a new one by stepping up (requirements 0.5 and 0.6).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{PasswordFailure, Verified};
use super::super::{check, store};
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::step_up::{self, Factor};
use crate::domains::intimate_pay::{acting, events};
use crate::kernel::{Fault, Instant};

/// Sets the payment password of the account that acts.
#[derive(Debug, Serialize)]
pub struct SetPaymentPassword {
    /// Its hash.
    #[serde(skip_serializing)]
    pub hash: String,
    /// The old one, if it was given and right.
    #[serde(skip_serializing)]
    pub old: Option<Verified>,
}

/// Requires a step-up; whoever found out the password of the log-in does not get the payment password with it.
async fn stepped_up(tx: &mut Tx<'_>) -> Result<(), Fault<PasswordFailure>> {
    match step_up::require_strongest(tx, step_up::LASTS).await {
        Ok(_) => Ok(()),
        Err(Fault::Denied(denial)) if denial.step_up_factors.contains(&Factor::Password.text()) => {
            Err(Fault::Refused(PasswordFailure::StepUp))
        }
        Err(Fault::Denied(_)) => Err(Fault::Refused(PasswordFailure::StrongStepUp)),
        Err(fault) => Err(fault),
    }
}

/// It is set.
#[derive(Debug, Serialize, Deserialize)]
pub struct PasswordSet {
    /// When.
    pub at: Instant,
}

impl Command for SetPaymentPassword {
    const NAME: &'static str = "setPaymentPassword";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = PasswordSet;
    type Refusal = PasswordFailure;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PasswordSet, Fault<PasswordFailure>> {
        let id = acting(tx)?;
        match &self.old {
            Some(old) if old.account == id => check::confirm(tx, old).await?,
            _ => stepped_up(tx).await?,
        }
        store::set(tx.conn, id, &self.hash, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "by": if self.old.is_some() { "OLD_PASSWORD" } else { "STEP_UP" } }),
        });
        tx.emit(Event { topic: events::PASSWORD_SET, shop: None, payload: json!({ "accounts": [id] }) });
        Ok(PasswordSet { at: tx.now })
    }
}
