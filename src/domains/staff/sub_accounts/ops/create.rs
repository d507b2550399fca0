//! `createSubAccount`: adds somebody to the staff (requirements 4.1–4.4).

use serde::Serialize;
use serde_json::json;

use super::{Full, NewcomerRefusal, certify_by};
use crate::command::{Command, Tx};
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::SUB_ACCOUNT_CREATE;
use crate::domains::staff::positions::model::Equipped;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events, names};
use crate::kernel::Fault;
use crate::kernel::ids::{PositionId, ShopId, SubAccountId};
use crate::permissions::WholeShop;

/// Adds a sub-account with a password of its own.
#[derive(Debug, Serialize)]
pub struct CreateSubAccount {
    /// The shop.
    pub shop: ShopId,
    /// The name behind the colon; never changes.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// Its position (requirement 4.2).
    pub position: PositionId,
    /// The hash of its password.
    #[serde(skip_serializing)]
    pub password_hash: String,
}

impl Command for CreateSubAccount {
    const NAME: &'static str = "createSubAccount";
    type Output = Staffed;
    type Refusal = NewcomerRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<NewcomerRefusal>> {
        change::shop(tx, self.shop, "shop").await?;
        let permit = tx.permit(SUB_ACCOUNT_CREATE, Some(WholeShop(self.shop))).await?;
        let name = free_name(tx, self.shop, &self.name).await?;
        if store::logs_in_elsewhere(tx.conn, self.shop, &name).await? {
            return Err(Fault::Refused(NewcomerRefusal::TakenElsewhere));
        }
        let display_name = label(&self.display_name)?;
        let position = change::position_in(tx, self.shop, self.position).await?;
        may_fill(Reach::of(&permit.seat, tx.now), &position)
            .map_err(NewcomerRefusal::Position)
            .map_err(Fault::Refused)?;
        let who = SubAccount {
            shop_id: self.shop,
            id: SubAccountId::generate(),
            name,
            display_name,
            position_id: self.position,
            linked_account_id: None,
            state: State::Active,
            created_at: tx.now,
            departed_at: None,
            certified_at: None,
            certify_by: Some(certify_by(tx)),
        };
        store::insert(tx.conn, &who, Some(&self.password_hash)).await?;
        store::assign(tx.conn, &who, tx.now).await?;
        tx.record_under(&permit, &who.id, json!({ "name": who.name, "position": who.position_id }));
        tx.emit(events::about(events::CREATED, &who));
        Ok(Staffed { sub_account: who, position, grants: Vec::new() })
    }
}

/// Reads a new name and looks whether it is free (requirement 4.4) and there is room for one more, under the lock of the shop.
pub(super) async fn free_name(tx: &mut Tx<'_>, shop: ShopId, name: &str) -> Result<String, Fault<NewcomerRefusal>> {
    let name = names::read(name).map_err(NewcomerRefusal::Name).map_err(Fault::Refused)?;
    match store::by_name(tx.conn, shop, &name).await? {
        Some(holder) => Err(Fault::Refused(NewcomerRefusal::Taken(Box::new(holder)))),
        None => match Full::of(tx, shop).await? {
            Some(full) => Err(Fault::Refused(NewcomerRefusal::Full(full))),
            None => Ok(name),
        },
    }
}

/// Reads a display name.
pub(super) fn label(text: &str) -> Result<String, Fault<NewcomerRefusal>> {
    names::read_label(text).map_err(NewcomerRefusal::DisplayName).map_err(Fault::Refused)
}

/// Whether somebody may be put into a position: one that does not stand above, and gives only what the giver holds.
pub(super) fn may_fill(reach: Reach<'_>, position: &Equipped) -> Result<(), Overreach> {
    reach.up_to(position.position.rank)?;
    reach.give_all(position.numbers())
}
