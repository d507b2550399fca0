//! `settleGatewayJob`: a refund went to its card, or the gateway refuses it for good and the money goes to the payer's balance;
//! a hold was let go.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::jobs::{self, Job};
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::payments::events;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, GatewayJobId, TypedId};

/// Ends a job.
#[derive(Debug, Serialize)]
pub struct SettleGatewayJob {
    /// Who paid.
    pub payer: AccountId,
    /// The job.
    pub job: GatewayJobId,
    /// Why the gateway refuses it for good; nothing when it was done.
    pub refused: Option<String>,
}

/// The job as it stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ended {
    /// The job.
    pub job: Job,
}

impl Command for SettleGatewayJob {
    const NAME: &'static str = "settleGatewayJob";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Ended;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ended, Fault> {
        let ended = jobs::end(tx.conn, self.payer, self.job, self.refused.as_deref(), tx.now).await?;
        let job = ended.ok_or(Fault::NotFound { what: "gateway job" })?;
        if job.kind == "REFUND" {
            let (to, kind) = match self.refused {
                None => (AccountKind::Outside, EntryKind::CardRefunded),
                Some(_) => (AccountKind::Balance, EntryKind::RefundToBalance),
            };
            let (payer, currency) = (job.payer_account_id, job.currency);
            let debit = ledger::account(tx.conn, payer.uuid(), AccountKind::Clearing, currency).await?;
            let credit = ledger::account(tx.conn, payer.uuid(), to, currency).await?;
            let movement = Movement::new(payer, kind, job.id, debit, credit, job.money(), tx.now);
            ledger::post(tx, &movement).await?;
            if self.refused.is_some() {
                let payload = json!({ "account": payer, "amount": job.money().decimal(), "currency": currency });
                tx.emit(Event { topic: events::REFUND_TO_BALANCE, shop: None, payload });
            }
        }
        tx.record_system("payments");
        tx.record(Entry {
            chain: Chain::Account(job.payer_account_id),
            target: job.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": job.kind, "payment": job.payment_id, "amount": job.money().decimal(), "refused": self.refused }),
        });
        Ok(Ended { job })
    }
}
