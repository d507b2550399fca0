//! `setCharityItem`: what an item gives of each sale from now on, or nothing any more (requirement 4.14).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{CharityRefusal, Giving, WHOLE};
use super::super::store;
use crate::command::{Command, Tx};
use crate::domains::shops::items::model::Item;
use crate::domains::shops::items::store as items;
use crate::kernel::ids::{ItemId, OrganisationId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Money};
use crate::permissions::catalogue::number;

/// Sets what an item gives.
#[derive(Debug, Serialize)]
pub struct SetCharityItem {
    /// The item.
    pub item: ItemId,
    /// To whom; to nobody any more when nothing is said.
    pub organisation: Option<OrganisationId>,
    /// Which share of each sale, in basis points.
    pub share: Option<i32>,
    /// Or how much for each sale, as written.
    pub amount: Option<WrittenAmount>,
}

/// The item as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct CharitySet {
    /// The item.
    pub item: Item,
}

impl Command for SetCharityItem {
    const NAME: &'static str = "setCharityItem";
    type Output = CharitySet;
    type Refusal = CharityRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<CharitySet, Fault<CharityRefusal>> {
        let locked = items::lock(tx.conn, self.item).await?;
        let permit = tx.permit(const { number("charity_item.set") }, locked).await?;
        let item = permit.record();
        let giving = self.giving(item.price()).map_err(Fault::Refused)?;
        if let Some((organisation, _)) = giving
            && !store::is_listed(tx.conn, organisation).await?
        {
            return Err(Fault::Refused(CharityRefusal::OrganisationUnknown));
        }
        let changed = item.giving_to(giving);
        items::set_charity(tx.conn, &changed).await?;
        let said = |item: &Item| {
            item.giving().map(|(organisation, giving)| json!({ "organisation": organisation, "gives": giving }))
        };
        let detail = json!({ "from": said(item), "to": said(&changed) });
        tx.record_under(&permit, &changed.id, detail);
        Ok(CharitySet { item: changed })
    }
}

impl SetCharityItem {
    /// What is asked for, of an item at a price.
    fn giving(&self, price: Money) -> Result<Option<(OrganisationId, Giving)>, CharityRefusal> {
        match (self.organisation, self.share, &self.amount) {
            (None, None, None) => Ok(None),
            (Some(organisation), Some(share), None) if (1..=WHOLE).contains(&share) => {
                Ok(Some((organisation, Giving::Share(share))))
            }
            (Some(_), Some(_), None) => Err(CharityRefusal::ShareInvalid),
            (Some(organisation), None, Some(written)) => {
                let amount = written.read(price.currency).and_then(Money::positive).map_err(CharityRefusal::Amount)?;
                if amount.minor > price.minor {
                    return Err(CharityRefusal::AbovePrice { price });
                }
                Ok(Some((organisation, Giving::Amount(amount.minor))))
            }
            _ => Err(CharityRefusal::ShareOrAmount),
        }
    }
}
