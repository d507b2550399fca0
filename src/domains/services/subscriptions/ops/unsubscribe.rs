//! `unsubscribeService`: the service's permissions count for nobody in the shop from now on.

use serde::Serialize;
use serde_json::json;

use super::subscribe::Subscribed;
use crate::command::{Command, Tx};
use crate::domains::services::perms::SERVICE_SUBSCRIBE;
use crate::domains::services::{events, subscriptions};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::{WholeShop, codes};

/// Ends a subscription. Grants and settings wait for the next one (requirement 5.9).
#[derive(Debug, Serialize)]
pub struct UnsubscribeService {
    /// The shop.
    pub shop: ShopId,
    /// The service; one that was removed can be left as well.
    pub service: String,
}

/// Why not.
#[derive(Debug)]
pub enum UnsubscribeRefusal {
    /// There is nothing to end.
    NotSubscribed,
}

impl Refusal for UnsubscribeRefusal {
    fn code(&self) -> &'static str {
        "NOT_SUBSCRIBED"
    }

    fn field(&self) -> &'static [&'static str] {
        &["serviceId"]
    }

    fn message(&self) -> Text {
        Text::new("The shop does not have this service.", "店铺未订购该服务。")
    }
}

impl Command for UnsubscribeService {
    const NAME: &'static str = "unsubscribeService";
    type Output = Subscribed;
    type Refusal = UnsubscribeRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Subscribed, Fault<UnsubscribeRefusal>> {
        subscriptions::begin(tx, self.shop).await?;
        let permit = tx.permit(SERVICE_SUBSCRIBE, Some(WholeShop(self.shop))).await?;
        if !codes::unsubscribe(tx.conn, self.shop, &self.service, tx.now).await? {
            return Err(Fault::Refused(UnsubscribeRefusal::NotSubscribed));
        }
        tx.record_under(&permit, &self.service, json!({ "service": self.service }));
        tx.emit(events::about(events::UNSUBSCRIBED, self.shop, &self.service, None));
        Ok(Subscribed { service: self.service.clone() })
    }
}
