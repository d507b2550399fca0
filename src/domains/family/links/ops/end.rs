//! `endFamilyLink`: either side ends the link, at any time. What stands on it ends in the same transaction, and whom that concerns
//! is told (requirements 0.3 and 0.14); should nobody do it, a trigger ends intimate pay all the same.

use serde::Serialize;
use serde_json::json;

use super::super::model::State;
use super::super::store;
use super::{Changed, FamilyRefusal, entry, event, own_account};
use crate::command::{Command, Tx};
use crate::domains::family::ending::EndsWithLink;
use crate::domains::family::events;
use crate::kernel::Fault;
use crate::kernel::ids::FamilyLinkId;

/// Ends a link.
#[derive(Debug, Serialize)]
pub struct EndFamilyLink {
    /// The link.
    pub link: FamilyLinkId,
}

impl Command for EndFamilyLink {
    const NAME: &'static str = "endFamilyLink";
    /// Whoever has something to confirm may still stop what goes on with their money.
    const WHILE_RESTRICTED: bool = true;
    type Output = Changed;
    type Refusal = FamilyRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<FamilyRefusal>> {
        let by = own_account(tx)?;
        let link = store::lock(tx.conn, by, self.link).await?.ok_or(Fault::NotFound { what: "family link" })?;
        let other = match (link.state(tx.now), link.other(by)) {
            (State::Accepted, Some(other)) => other,
            (state, _) => return Err(Fault::Refused(FamilyRefusal::Not(state))),
        };
        let ends = *tx.env.parts.get::<EndsWithLink, _>()?;
        ends(tx, link.id, by).await.map_err(Fault::widen)?;
        store::end(tx.conn, &link, by, tx.now).await?;
        tx.emit(event(events::ENDED, link.id, &[by, other], &link.relative_name));
        tx.record(entry(by, link.id, json!({ "other": other })));
        Ok(Changed { link: link.id })
    }
}
