//! `sendStepUpCode`: a code to a contact that is bound already.

use serde::Serialize;
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Ask, Purpose, SendRefusal};
use crate::domains::accounts::contacts::ops::send_code::Sent;
use crate::domains::accounts::step_up::model::StepUpRefusal;
use crate::domains::accounts::step_up::verify::address;
use crate::kernel::ids::ContactId;
use crate::kernel::{Fault, Locale, Subject};

/// Sends a code for a step-up.
#[derive(Debug, Serialize)]
pub struct SendStepUpCode {
    /// Where it goes; a phone if there is one when nothing is named.
    pub contact: Option<ContactId>,
    /// The language of the message.
    pub locale: Locale,
}

impl Command for SendStepUpCode {
    const NAME: &'static str = "sendStepUpCode";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Sent;
    type Refusal = StepUpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Sent, Fault<StepUpRefusal>> {
        let Subject::Account { id } = tx.actor()?.subject else {
            return Err(Fault::Refused(StepUpRefusal::NoContact));
        };
        let address = match address(tx, id, self.contact).await? {
            Some(address) => address,
            None if self.contact.is_some() => return Err(Fault::NotFound { what: "contact" }),
            None => return Err(Fault::Refused(StepUpRefusal::NoContact)),
        };
        let ask = Ask::digits(id, Purpose::StepUp, &address, self.locale);
        let code = codes::issue(tx, &ask)
            .await
            .map_err(|fault| fault.map_refusal(|SendRefusal::UsedUp { again_at }| StepUpRefusal::Later { again_at }))?;
        let to = address.masked();
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "to": to }),
        });
        Ok(Sent { code, to })
    }
}
