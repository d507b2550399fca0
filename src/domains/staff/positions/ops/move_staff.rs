//! `moveSubAccount`: gives a sub-account another position. Personal grants stay.

use serde::Serialize;
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::grants::model::Effect;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::POSITION_MANAGE;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events, manage};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{PositionId, SubAccountId};
use crate::kernel::{Fault, Text};
use crate::permissions::Number;

/// Moves a sub-account.
#[derive(Debug, Serialize)]
pub struct MoveSubAccount {
    /// Whom.
    pub sub_account: SubAccountId,
    /// To which position.
    pub position: PositionId,
}

/// Why nobody is moved.
#[derive(Debug)]
pub enum MoveRefusal {
    /// The wrong person (requirement 5.2).
    Person(Overreach),
    /// The position stands above, or gives what one does not hold (requirement 5.2).
    Position(Overreach),
    /// The sub-account has departed.
    Departed,
    /// It has the position already.
    Same,
    /// Nobody could manage these (requirement 5.3).
    Unmanaged(Vec<Number>),
}

impl Refusal for MoveRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Person(why) | Self::Position(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Same => "SAME_POSITION",
            Self::Unmanaged(_) => manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Person(_) | Self::Departed => &["subAccountId"],
            Self::Position(_) | Self::Same => &["positionId"],
            Self::Unmanaged(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Person(why) | Self::Position(why) => why.message(),
            Self::Departed => Text::new(
                "The sub-account has departed. Restore it with restoreSubAccount, which takes a position.",
                "该子账号已离职,请使用 restoreSubAccount 恢复并指定岗位。",
            ),
            Self::Same => Text::new("The sub-account has this position already.", "该子账号已在此岗位。"),
            Self::Unmanaged(left) => manage::refusal(left),
        }
    }
}

impl Command for MoveSubAccount {
    const NAME: &'static str = "moveSubAccount";
    type Output = Staffed;
    type Refusal = MoveRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<MoveRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(POSITION_MANAGE, Some(who)).await?;
        let who = permit.record();
        let old = change::position_in(tx, who.shop_id, who.position_id).await?;
        let new = change::position_in(tx, who.shop_id, self.position).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        reach.over(who.id, old.position.rank).map_err(MoveRefusal::Person).map_err(Fault::Refused)?;
        if who.state == State::Departed {
            return Err(Fault::Refused(MoveRefusal::Departed));
        }
        if who.position_id == self.position {
            return Err(Fault::Refused(MoveRefusal::Same));
        }
        let moved = SubAccount { position_id: self.position, ..who.clone() };
        let mut holdings = Holdings::of(tx.conn, &moved, new.clone()).await?;
        // What the new position has locked is held: a denial from before ends.
        let denied = holdings.grants.iter().filter(|g| g.effect == Effect::Deny && holdings.locked(g.permission));
        let lifted: Vec<Number> = denied.map(|grant| grant.permission).collect();
        // To lift a denial is to give, whatever the old position gave.
        let gained = new.numbers().filter(|number| old.given(*number).is_none() || lifted.contains(number));
        reach
            .up_to(new.position.rank)
            .and_then(|()| reach.give_all(gained))
            .map_err(MoveRefusal::Position)
            .map_err(Fault::Refused)?;
        let before = manage::unmanaged(tx.conn, who.shop_id).await?;
        let by = change::by(&permit);
        store::update(tx.conn, &moved, None).await?;
        if moved.state == State::Active {
            store::unassign(tx.conn, &moved, tx.now).await?;
            store::assign(tx.conn, &moved, tx.now).await?;
        }
        for number in lifted {
            holdings.end(tx.conn, number, (&by, tx.now)).await?;
        }
        let left = manage::unmanaged_after(tx.conn, who.shop_id, &before).await?;
        if !left.is_empty() {
            return Err(Fault::Refused(MoveRefusal::Unmanaged(left)));
        }
        let grants = holdings.standing();
        tx.record_under(&permit, &who.id, json!({ "from": who.position_id, "to": self.position }));
        tx.emit(events::about(events::MOVED, &moved));
        Ok(Staffed { sub_account: moved, position: new, grants })
    }
}
