//! `endAssociation`: either side ends it, or takes its request back (requirement 1.6).

use serde::Serialize;

use super::request::Linked;
use super::tell;
use crate::command::{Command, Tx};
use crate::domains::accounts::own;
use crate::domains::association::links::model::{Association, LinkRefusal, State};
use crate::domains::association::links::store;
use crate::kernel::Fault;
use crate::kernel::ids::AssociationId;

/// Ends an association.
#[derive(Debug, Serialize)]
pub struct EndAssociation {
    /// Which.
    pub association: AssociationId,
}

impl Command for EndAssociation {
    const NAME: &'static str = "endAssociation";
    type Output = Linked;
    type Refusal = LinkRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Linked, Fault<LinkRefusal>> {
        let account = own::of_command(tx)?;
        let found = store::lock(tx.conn, account, self.association).await?;
        let found = found.ok_or(Fault::NotFound { what: "association" })?;
        if !matches!(found.state, State::Requested | State::Accepted) {
            return Err(Fault::Refused(LinkRefusal::NotOpen(found.state)));
        }
        let association = Association { state: State::Ended, ended_at: Some(tx.now), ..found };
        store::update(tx.conn, &association).await?;
        tell(tx, account, "association.ended", &association);
        Ok(Linked { association })
    }
}
