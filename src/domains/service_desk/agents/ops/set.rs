//! `saveDeskGroup`, `setDeskAgent` and `setDedicatedAgent`: how the desk is set up (requirement 4.17).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::DeskRefusal;
use crate::command::{Command, Tx};
use crate::domains::service_desk::agents::store::{self, Agent, Group, MOST_GROUPS};
use crate::domains::service_desk::perms::MANAGE;
use crate::domains::staff::change;
use crate::kernel::ids::{AccountId, DeskGroupId, ShopId, SubAccountId};
use crate::kernel::{Fault, names};
use crate::permissions::WholeShop;

/// Adds a group, or writes one anew.
#[derive(Debug, Serialize)]
pub struct SaveGroup {
    /// The shop.
    pub shop: ShopId,
    /// The group that is changed; none to add one.
    pub id: Option<DeskGroupId>,
    /// Its name.
    pub name: String,
    /// The pages that are bound to it.
    pub pages: Vec<String>,
}

/// The group as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct GroupSaved {
    /// The group.
    pub group: Group,
}

impl Command for SaveGroup {
    const NAME: &'static str = "saveDeskGroup";
    type Output = GroupSaved;
    type Refusal = DeskRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<GroupSaved, Fault<DeskRefusal>> {
        let permit = tx.permit(MANAGE, Some(WholeShop(self.shop))).await?;
        let fits = self.pages.len() <= 100 && self.pages.iter().all(|page| names::is_line(page, 100));
        if !fits || !names::is_line(&self.name, 40) {
            return Err(Fault::Refused(DeskRefusal::GroupInvalid));
        }
        let have = store::groups(tx.conn, self.shop).await?;
        let id = match self.id {
            Some(id) if have.iter().any(|group| group.id == id) => id,
            Some(_) => return Err(Fault::NotFound { what: "group" }),
            None if i64::try_from(have.len()).unwrap_or(i64::MAX) >= MOST_GROUPS => {
                return Err(Fault::Refused(DeskRefusal::GroupLimit));
            }
            None => DeskGroupId::generate(),
        };
        if have.iter().any(|group| group.name == self.name && group.id != id) {
            return Err(Fault::Refused(DeskRefusal::NameTaken));
        }
        let group = Group { shop_id: self.shop, id, name: self.name.clone(), pages: self.pages.clone() };
        if !store::put_group(tx.conn, &group).await? {
            return Err(Fault::Refused(DeskRefusal::NameTaken));
        }
        tx.record_under(&permit, &id, json!({ "name": self.name, "pages": self.pages }));
        Ok(GroupSaved { group })
    }
}

/// Makes a sub-account an agent, or changes how it is one.
#[derive(Debug, Serialize)]
pub struct SetAgent {
    /// Who.
    pub sub_account: SubAccountId,
    /// The group.
    pub group: Option<DeskGroupId>,
    /// The weight, 0 to 100.
    pub weight: i32,
}

/// The agent as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct AgentSet {
    /// The agent.
    pub agent: Agent,
}

impl Command for SetAgent {
    const NAME: &'static str = "setDeskAgent";
    type Output = AgentSet;
    type Refusal = DeskRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<AgentSet, Fault<DeskRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(MANAGE, Some(who)).await?;
        let who = permit.record();
        if !(0..=100).contains(&self.weight) {
            return Err(Fault::Refused(DeskRefusal::WeightInvalid));
        }
        if let Some(group) = self.group
            && !store::groups(tx.conn, who.shop_id).await?.iter().any(|have| have.id == group)
        {
            return Err(Fault::NotFound { what: "group" });
        }
        let agent = store::put_agent(tx.conn, (who.shop_id, who.id), self.group, self.weight).await?;
        tx.record_under(&permit, &who.id, json!({ "group": self.group, "weight": self.weight }));
        Ok(AgentSet { agent })
    }
}

/// Gives a buyer a dedicated agent.
#[derive(Debug, Serialize)]
pub struct SetDedicated {
    /// The shop.
    pub shop: ShopId,
    /// The buyer.
    pub buyer: AccountId,
    /// The agent; none takes it back.
    pub agent: Option<SubAccountId>,
}

/// It is set.
#[derive(Debug, Serialize, Deserialize)]
pub struct Dedicated;

impl Command for SetDedicated {
    const NAME: &'static str = "setDedicatedAgent";
    type Output = Dedicated;
    type Refusal = DeskRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Dedicated, Fault<DeskRefusal>> {
        let permit = tx.permit(MANAGE, Some(WholeShop(self.shop))).await?;
        if let Some(agent) = self.agent
            && store::agent(tx.conn, self.shop, agent).await?.is_none()
        {
            return Err(Fault::NotFound { what: "agent" });
        }
        // Only a buyer whom the shop knows from a conversation: any other account does not exist for it (h19).
        if !crate::domains::service_desk::conversations::store::knows(tx.conn, self.shop, self.buyer).await? {
            return Err(Fault::NotFound { what: "buyer" });
        }
        store::dedicate(tx.conn, self.shop, self.buyer, self.agent).await?;
        tx.record_under(&permit, &self.buyer, json!({ "agent": self.agent }));
        Ok(Dedicated)
    }
}
