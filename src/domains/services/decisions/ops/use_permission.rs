//! `usePermission`: a service does what it was about to ask for. The use is counted against every limit that adds up, of the
//! grant and of the plugin, and stands in the shop's trail as the sub-account's deed.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::services::decisions::model::needs_second;
use crate::kernel::ids::{ServiceTokenId, ShopId};
use crate::kernel::{Fault, Money};
use crate::permissions::arbiter::{Facts, Ruling};
use crate::permissions::{Guarded, Number, catalogue};

/// Uses a permission of a service's own.
#[derive(Debug, Serialize)]
pub struct UsePermission {
    /// The shop.
    pub shop: ShopId,
    /// The permission.
    pub permission: Number,
    /// On what: a kind and an id, in the service's words.
    pub resource: Option<(String, String)>,
    /// How much it moves.
    pub amount: Option<Money>,
    /// What the service is told besides.
    pub facts: Facts,
    /// The service that does it.
    pub service: String,
    /// The token it came with.
    #[serde(skip)]
    pub token: ServiceTokenId,
    /// What the plugin said before the transaction began.
    #[serde(skip)]
    pub ruling: Option<Ruling>,
}

/// It was counted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Used {}

/// What a service does something to: nothing of Kith's, but in a shop.
struct Thing<'a>(&'a UsePermission);

impl Guarded for Thing<'_> {
    const KIND: &'static str = "resource";
    fn shop(&self) -> ShopId {
        self.0.shop
    }
    fn target(&self) -> String {
        self.0.target()
    }
    fn amount(&self) -> Option<Money> {
        self.0.amount
    }
}

impl UsePermission {
    fn target(&self) -> String {
        match &self.resource {
            Some((kind, id)) => format!("{kind}:{id}").chars().take(200).collect(),
            None => self.shop.to_string(),
        }
    }
}

impl Command for UsePermission {
    const NAME: &'static str = "usePermission";
    type Output = Used;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Used, Fault> {
        let permit = tx.permit_ruled(self.permission, Some(Thing(self)), &self.facts, self.ruling.as_ref()).await?;
        if permit.obligations.second_approver {
            // The count goes with the transaction; the denial is on record.
            let entry = catalogue::by_number(self.permission).ok_or_else(|| Fault::internal("a code that is none"))?;
            return Err(Fault::Denied(Box::new(needs_second(entry))));
        }
        let detail = json!({ "service": self.service, "serviceId": self.token });
        tx.record_under(&permit, &self.target(), detail);
        Ok(Used {})
    }
}
