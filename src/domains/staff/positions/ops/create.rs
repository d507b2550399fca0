//! `createPosition`: adds a position to a shop.

use serde::Serialize;
use serde_json::json;

use super::{open, ticked};
use crate::command::{Command, Tx};
use crate::domains::staff::names::{BadName, read_label};
use crate::domains::staff::perms::POSITION_MANAGE;
use crate::domains::staff::positions::model::{Equipped, Kind, Position};
use crate::domains::staff::positions::store;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{PositionId, ShopId};
use crate::kernel::names::fold;
use crate::kernel::{Fault, Text};
use crate::permissions::WholeShop;

/// The most positions that a shop has.
pub const MOST_POSITIONS: usize = 100;

/// Adds a position.
#[derive(Debug, Serialize)]
pub struct CreatePosition {
    /// The shop.
    pub shop: ShopId,
    /// Its name.
    pub name: String,
    /// The kind of job.
    pub kind: Kind,
    /// How high it stands, 1 to 99; the kind's usual rank when it is left out.
    pub rank: Option<i32>,
    /// The codes of what it gives.
    pub permissions: Vec<String>,
}

/// Why a position is not added or changed.
#[derive(Debug)]
pub enum PositionRefusal {
    /// The name cannot be one.
    Name(BadName),
    /// Another position has the name.
    NameTaken,
    /// Not 1 to 99.
    Rank,
    /// Above one's own rank (requirement 5.2).
    Above(Overreach),
    /// A permission goes too far (requirement 5.2), or cannot be in a position.
    Permission(Overreach),
    /// The shop has as many as it can have.
    TooMany,
    /// Locked permissions cannot be taken away (requirement 4.2).
    Locked(&'static str),
    /// Nobody could manage these (requirement 5.3).
    Unmanaged(Vec<crate::permissions::Number>),
}

impl Refusal for PositionRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Name(why) => why.code(),
            Self::NameTaken => "NAME_TAKEN",
            Self::Rank => "RANK_INVALID",
            Self::Above(why) | Self::Permission(why) => why.code(),
            Self::TooMany => "TOO_MANY_POSITIONS",
            Self::Locked(_) => "LOCKED_BY_POSITION",
            Self::Unmanaged(_) => crate::domains::staff::manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Name(_) | Self::NameTaken => &["name"],
            Self::Rank | Self::Above(_) => &["rank"],
            Self::Permission(_) | Self::Locked(_) | Self::Unmanaged(_) => &["permissions"],
            Self::TooMany => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Name(why) => why.message(),
            Self::NameTaken => {
                Text::new("Another position has this name. Choose another.", "已有同名岗位,请更换名称。")
            }
            Self::Rank => Text::new("A rank is 1 to 99.", "级别为 1 到 99。"),
            Self::Above(why) | Self::Permission(why) => why.message(),
            Self::TooMany => Text::new(
                "A shop has 100 positions at most. Rename one that is not used.",
                "岗位最多 100 个,请改用未使用的岗位。",
            ),
            Self::Locked(code) => Text::made(
                format!("{code} is locked in this position and cannot be taken away: keep it in the list."),
                format!("{code} 为该岗位的锁定权限,不可移除。"),
            ),
            Self::Unmanaged(left) => crate::domains::staff::manage::refusal(left),
        }
    }
}

impl Command for CreatePosition {
    const NAME: &'static str = "createPosition";
    type Output = Equipped;
    type Refusal = PositionRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Equipped, Fault<PositionRefusal>> {
        change::shop(tx, self.shop, "shop").await?;
        let permit = tx.permit(POSITION_MANAGE, Some(WholeShop(self.shop))).await?;
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let name = read_label(&self.name).map_err(PositionRefusal::Name).map_err(Fault::Refused)?;
        let rank = self.rank.unwrap_or(self.kind.rank());
        if !(1..=99).contains(&rank) {
            return refuse(PositionRefusal::Rank);
        }
        let reach = Reach::of(&permit.seat, tx.now);
        if let Err(why) = reach.up_to(rank) {
            return refuse(PositionRefusal::Above(why));
        }
        let numbers = ticked(&self.permissions).map_err(PositionRefusal::Permission).map_err(Fault::Refused)?;
        if let Err(why) = reach.give_all(numbers.iter().copied()) {
            return refuse(PositionRefusal::Permission(why));
        }
        let others = store::of_shop(tx.conn, self.shop).await?;
        if others.len() >= MOST_POSITIONS {
            return refuse(PositionRefusal::TooMany);
        }
        if others.iter().any(|other| other.position.is_called(&fold(&name))) {
            return refuse(PositionRefusal::NameTaken);
        }
        let id = PositionId::generate();
        let position = Position { shop_id: self.shop, id, kind: self.kind, name, rank, created_at: tx.now };
        let equipped = Equipped { position, gives: open(numbers) };
        store::insert(tx.conn, &equipped).await?;
        let detail = json!({ "name": equipped.position.name, "rank": rank, "permissions": self.permissions });
        tx.record_under(&permit, &id, detail);
        tx.emit(events::about_position(events::POSITION_CREATED, self.shop, id));
        Ok(equipped)
    }
}
