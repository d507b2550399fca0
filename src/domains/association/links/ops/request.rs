//! `requestAssociation`: the owner of two accounts asks one from the other (requirement 1.6).

use serde::{Deserialize, Serialize};

use super::{lives, lock_both, room, tell};
use crate::command::{Command, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::own;
use crate::domains::association::links::model::{Association, LinkRefusal, State};
use crate::domains::association::links::store;
use crate::kernel::Fault;
use crate::kernel::ids::AssociationId;

/// Asks another account.
#[derive(Debug, Serialize)]
pub struct RequestAssociation {
    /// Its log-in name.
    pub login: String,
}

/// The association as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Linked {
    /// The association.
    pub association: Association,
}

impl Command for RequestAssociation {
    const NAME: &'static str = "requestAssociation";
    type Output = Linked;
    type Refusal = LinkRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Linked, Fault<LinkRefusal>> {
        let account = own::of_command(tx)?;
        let found = accounts::by_login(tx.conn, self.login.trim()).await?;
        let Some(other) = found.filter(|a| a.state == "ACTIVE" && a.kind != "OPERATOR") else {
            return Err(Fault::Refused(LinkRefusal::NoAccount));
        };
        if other.id == account {
            return Err(Fault::Refused(LinkRefusal::Oneself));
        }
        lock_both(tx, account, other.id).await?;
        room(tx, account).await?;
        let before = tx.now - lives(tx);
        store::lapse(tx.conn, account, other.id, before).await?;
        let association = Association {
            account,
            id: AssociationId::generate(),
            other: other.id,
            state: State::Requested,
            asked_at: tx.now,
            decided_at: None,
            ended_at: None,
        };
        if !store::insert(tx.conn, &association).await? {
            return Err(Fault::Refused(LinkRefusal::Already));
        }
        tell(tx, account, "association.requested", &association);
        Ok(Linked { association })
    }
}
