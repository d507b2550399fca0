//! `revokeFamilyInvitation`: the inviter takes back what nobody has answered yet.

use serde::Serialize;
use serde_json::json;

use super::super::model::State;
use super::super::store;
use super::{Changed, FamilyRefusal, entry, own_account};
use crate::command::{Command, Tx};
use crate::kernel::Fault;
use crate::kernel::ids::FamilyLinkId;

/// Takes an invitation back.
#[derive(Debug, Serialize)]
pub struct RevokeFamilyInvitation {
    /// The invitation.
    pub link: FamilyLinkId,
}

impl Command for RevokeFamilyInvitation {
    const NAME: &'static str = "revokeFamilyInvitation";
    type Output = Changed;
    type Refusal = FamilyRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<FamilyRefusal>> {
        let inviter = own_account(tx)?;
        let link = store::lock(tx.conn, inviter, self.link).await?;
        let link = link.filter(|link| link.inviter_account_id == inviter);
        let link = link.ok_or(Fault::NotFound { what: "invitation" })?;
        match link.state(tx.now) {
            State::Pending => {}
            other => return Err(Fault::Refused(FamilyRefusal::Not(other))),
        }
        store::revoke(tx.conn, &link, tx.now).await?;
        tx.record(entry(inviter, link.id, json!({})));
        Ok(Changed { link: link.id })
    }
}
