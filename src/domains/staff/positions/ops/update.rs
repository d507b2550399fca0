//! `updatePosition`: renames a position, or makes its permissions exactly those that are given.

use serde::Serialize;
use serde_json::json;

use super::create::PositionRefusal;
use super::{open, ticked};
use crate::command::{Command, Tx};
use crate::domains::staff::names::read_label;
use crate::domains::staff::perms::POSITION_MANAGE;
use crate::domains::staff::positions::model::Equipped;
use crate::domains::staff::positions::store;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::{change, events, manage};
use crate::kernel::Fault;
use crate::kernel::ids::PositionId;
use crate::kernel::names::fold;
use crate::permissions::catalogue::code;
use crate::permissions::{Number, Permit};

/// Changes a position. What is left out stays.
#[derive(Debug, Serialize)]
pub struct UpdatePosition {
    /// The position.
    pub position: PositionId,
    /// Its new name.
    pub name: Option<String>,
    /// The codes of all that it is to give, the locked ones included.
    pub permissions: Option<Vec<String>>,
}

type Record = crate::domains::staff::positions::model::Position;

impl Command for UpdatePosition {
    const NAME: &'static str = "updatePosition";
    type Output = Equipped;
    type Refusal = PositionRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Equipped, Fault<PositionRefusal>> {
        let before = change::position(tx, self.position).await?;
        let permit = tx.permit(POSITION_MANAGE, Some(before.position.clone())).await?;
        if let Err(why) = Reach::of(&permit.seat, tx.now).up_to(before.position.rank) {
            return Err(Fault::Refused(PositionRefusal::Above(why)));
        }
        self.rename(tx, &before).await?;
        let (given, taken) = self.re_equip(tx, &permit, &before).await?;
        let after = change::position_in(tx, before.position.shop_id, self.position).await?;
        let codes = |numbers: Vec<Number>| numbers.into_iter().map(code).collect::<Vec<_>>();
        let detail = json!({ "name": after.position.name, "given": codes(given), "taken": codes(taken) });
        tx.record_under(&permit, &self.position, detail);
        tx.emit(events::about_position(events::POSITION_UPDATED, before.position.shop_id, self.position));
        Ok(after)
    }
}

impl UpdatePosition {
    async fn rename(&self, tx: &mut Tx<'_>, before: &Equipped) -> Result<(), Fault<PositionRefusal>> {
        let Some(name) = &self.name else { return Ok(()) };
        let name = read_label(name).map_err(PositionRefusal::Name).map_err(Fault::Refused)?;
        let folded = fold(&name);
        let mut others = store::of_shop(tx.conn, before.position.shop_id).await?;
        others.retain(|other| other.position.id != self.position);
        if others.iter().any(|other| other.position.is_called(&folded)) {
            return Err(Fault::Refused(PositionRefusal::NameTaken));
        }
        store::rename(tx.conn, &before.position, &name).await?;
        Ok(())
    }

    /// Gives and takes; says what.
    async fn re_equip(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<Record>,
        before: &Equipped,
    ) -> Result<(Vec<Number>, Vec<Number>), Fault<PositionRefusal>> {
        let Some(codes) = &self.permissions else { return Ok(Default::default()) };
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let wanted = ticked(codes).map_err(PositionRefusal::Permission).map_err(Fault::Refused)?;
        let more: Vec<Number> = wanted.iter().copied().filter(|n| before.given(*n).is_none()).collect();
        let less: Vec<_> = before.gives.iter().filter(|given| !wanted.contains(&given.permission)).collect();
        if let Some(locked) = less.iter().find(|given| given.locked) {
            return refuse(PositionRefusal::Locked(code(locked.permission)));
        }
        let less: Vec<Number> = less.into_iter().map(|given| given.permission).collect();
        if more.is_empty() && less.is_empty() {
            return Ok((more, less));
        }
        if change::is_own_position(tx, permit, self.position).await? {
            return refuse(PositionRefusal::Permission(Overreach::Oneself));
        }
        if let Err(why) = Reach::of(&permit.seat, tx.now).give_all(more.iter().copied()) {
            return refuse(PositionRefusal::Permission(why));
        }
        let shop = before.position.shop_id;
        let unmanaged = manage::unmanaged(tx.conn, shop).await?;
        store::take(tx.conn, &before.position, &less, tx.now).await?;
        store::give(tx.conn, &before.position, &open(more.iter().copied()), tx.now).await?;
        let left = manage::unmanaged_after(tx.conn, shop, &unmanaged).await?;
        if !left.is_empty() {
            return refuse(PositionRefusal::Unmanaged(left));
        }
        Ok((more, less))
    }
}
