//! `departSubAccount`: ends somebody's access at once (离职). The name stays taken and can be restored.

use serde::Serialize;
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::accounts::sessions;
use crate::domains::staff::grants::store as grants;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::SUB_ACCOUNT_DEPART;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events, manage};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Text};
use crate::permissions::Number;

/// Lets somebody depart. An invitation that is not answered is withdrawn.
#[derive(Debug, Serialize)]
pub struct DepartSubAccount {
    /// Whom.
    pub sub_account: SubAccountId,
}

/// Why nobody departs.
#[derive(Debug)]
pub enum DepartRefusal {
    /// The wrong person (requirement 5.2).
    Person(Overreach),
    /// Gone already.
    Departed,
    /// Nobody could manage these (requirement 5.3).
    Unmanaged(Vec<Number>),
}

impl Refusal for DepartRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Person(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Unmanaged(_) => manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Person(_) | Self::Departed => &["subAccountId"],
            Self::Unmanaged(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Person(why) => why.message(),
            Self::Departed => {
                Text::new("The sub-account has departed already; nothing was changed.", "该子账号已离职,未做任何修改。")
            }
            Self::Unmanaged(left) => manage::refusal(left),
        }
    }
}

impl Command for DepartSubAccount {
    const NAME: &'static str = "departSubAccount";
    type Output = Staffed;
    type Refusal = DepartRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<DepartRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(SUB_ACCOUNT_DEPART, Some(who)).await?;
        let who = permit.record();
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        Reach::of(&permit.seat, tx.now)
            .over(who.id, position.position.rank)
            .map_err(DepartRefusal::Person)
            .map_err(Fault::Refused)?;
        if who.state == State::Departed {
            return Err(Fault::Refused(DepartRefusal::Departed));
        }
        let before = manage::unmanaged(tx.conn, who.shop_id).await?;
        let by = change::by(&permit);
        let gone = SubAccount { state: State::Departed, departed_at: Some(tx.now), ..who.clone() };
        store::update(tx.conn, &gone, None).await?;
        store::unassign(tx.conn, &gone, tx.now).await?;
        let revoked = grants::revoke_all(tx.conn, (gone.shop_id, gone.id), &by, tx.now).await?;
        let ended = sessions::end_of_sub_account(tx.conn, gone.shop_id, gone.id, tx.now).await?;
        let left = manage::unmanaged_after(tx.conn, gone.shop_id, &before).await?;
        if !left.is_empty() {
            return Err(Fault::Refused(DepartRefusal::Unmanaged(left)));
        }
        let detail = json!({ "name": gone.name, "grantsRevoked": revoked, "sessionsEnded": ended });
        tx.record_under(&permit, &gone.id, detail);
        tx.emit(events::about(events::DEPARTED, &gone));
        Ok(Staffed { sub_account: gone, position, grants: Vec::new() })
    }
}
