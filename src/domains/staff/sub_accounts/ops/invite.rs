//! `inviteManager`: asks somebody with an account of their own to work for the shop (requirement 4.19).

use serde::Serialize;
use serde_json::json;

use super::NewcomerRefusal;
use super::create::{free_name, label, may_fill};
use crate::command::{Command, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::shops::shop::store as shops;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::SUB_ACCOUNT_CREATE;
use crate::domains::staff::reach::Reach;
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, PositionId, ShopId, SubAccountId};
use crate::permissions::WholeShop;

/// Asks an account to manage a shop.
#[derive(Debug, Serialize)]
pub struct InviteManager {
    /// The shop.
    pub shop: ShopId,
    /// The log-in name of the account.
    pub login: String,
    /// The name in the shop; never changes.
    pub name: String,
    /// The name that others see; the account's own when it is left out.
    pub display_name: Option<String>,
    /// The position.
    pub position: PositionId,
}

impl Command for InviteManager {
    const NAME: &'static str = "inviteManager";
    type Output = Staffed;
    type Refusal = NewcomerRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<NewcomerRefusal>> {
        change::shop(tx, self.shop, "shop").await?;
        let permit = tx.permit(SUB_ACCOUNT_CREATE, Some(WholeShop(self.shop))).await?;
        let name = free_name(tx, self.shop, &self.name).await?;
        let (account, shown) = self.account(tx).await?;
        let display_name = label(self.display_name.as_deref().unwrap_or(&shown))?;
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
            linked_account_id: Some(account),
            state: State::Invited,
            created_at: tx.now,
            departed_at: None,
            certified_at: None,
            certify_by: None,
        };
        store::insert(tx.conn, &who, None).await?;
        let detail = json!({ "name": who.name, "position": who.position_id, "account": account });
        tx.record_under(&permit, &who.id, detail);
        tx.emit(events::about(events::INVITED, &who));
        Ok(Staffed { sub_account: who, position, grants: Vec::new() })
    }
}

impl InviteManager {
    /// The account that is asked, and the name it shows.
    async fn account(&self, tx: &mut Tx<'_>) -> Result<(AccountId, String), Fault<NewcomerRefusal>> {
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let found = accounts::by_login(tx.conn, &self.login).await?;
        let Some(found) = found.filter(|a| a.state == "ACTIVE" && a.kind != "OPERATOR") else {
            return refuse(NewcomerRefusal::NoAccount);
        };
        if shops::by_ids(tx.conn, &[self.shop]).await?.iter().any(|shop| shop.main_account_id == found.id) {
            return refuse(NewcomerRefusal::OwnAccount);
        }
        match store::of_account(tx.conn, self.shop, found.id).await? {
            Some(other) => refuse(NewcomerRefusal::AlreadyStaff(other.name)),
            None => Ok((found.id, found.display_name)),
        }
    }
}
