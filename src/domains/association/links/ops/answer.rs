//! `acceptAssociation` and `declineAssociation`: the other side answers (requirement 1.6).

use serde::Serialize;

use super::request::Linked;
use super::{lives, lock_both, room, tell};
use crate::command::{Command, Tx};
use crate::domains::accounts::own;
use crate::domains::association::links::model::{Association, LinkRefusal, State};
use crate::domains::association::links::store;
use crate::kernel::Fault;
use crate::kernel::ids::AssociationId;

/// Answers a request.
#[derive(Debug, Serialize)]
pub struct AnswerAssociation {
    /// The association.
    pub association: AssociationId,
    /// Whether it is wanted.
    pub accept: bool,
}

impl Command for AnswerAssociation {
    const NAME: &'static str = "answerAssociation";
    type Output = Linked;
    type Refusal = LinkRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Linked, Fault<LinkRefusal>> {
        let account = own::of_command(tx)?;
        let not_found = || Fault::NotFound { what: "association" };
        let found = store::get(tx.conn, account, self.association).await?;
        // Only the side that was asked answers; to the side that asked there is nothing to answer.
        let found = found.filter(|found| found.other == account).ok_or_else(not_found)?;
        // The accounts before the row, as `requestAssociation` does: of two at once none waits for the other crosswise.
        lock_both(tx, found.account, account).await?;
        let asked = store::lock(tx.conn, account, self.association).await?.ok_or_else(not_found)?;
        let state = asked.state_at(tx.now, lives(tx));
        if state != State::Requested {
            return Err(Fault::Refused(LinkRefusal::NotOpen(state)));
        }
        if self.accept {
            room(tx, account).await?;
            room(tx, asked.account).await?;
        }
        let (state, topic) = if self.accept {
            (State::Accepted, "association.accepted")
        } else {
            (State::Declined, "association.declined")
        };
        let association = Association { state, decided_at: Some(tx.now), ..asked };
        store::update(tx.conn, &association).await?;
        tell(tx, account, topic, &association);
        Ok(Linked { association })
    }
}
