//! `subscribeService`: lets a service's permissions count in a shop.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::services::perms::SERVICE_SUBSCRIBE;
use crate::domains::services::service::model::{Service, State};
use crate::domains::services::{events, subscriptions};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::{WholeShop, codes};

/// Subscribes to a service; with one that the shop has, agrees again to what it may do.
#[derive(Debug, Serialize)]
pub struct SubscribeService {
    /// The shop.
    pub shop: ShopId,
    /// The service.
    pub service: String,
}

/// The subscription stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct Subscribed {
    /// The service.
    pub service: String,
}

/// Why not.
#[derive(Debug)]
pub enum SubscribeRefusal {
    /// The platform removed it.
    Removed,
}

impl Refusal for SubscribeRefusal {
    fn code(&self) -> &'static str {
        "SERVICE_REMOVED"
    }

    fn field(&self) -> &'static [&'static str] {
        &["serviceId"]
    }

    fn message(&self) -> Text {
        Text::new(
            "The platform removed this service. Choose another; services lists them.",
            "该服务已被平台移除,请选择其他服务(见 services)。",
        )
    }
}

impl Command for SubscribeService {
    const NAME: &'static str = "subscribeService";
    type Output = Subscribed;
    type Refusal = SubscribeRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Subscribed, Fault<SubscribeRefusal>> {
        subscriptions::begin(tx, self.shop).await?;
        let permit = tx.permit(SERVICE_SUBSCRIBE, Some(WholeShop(self.shop))).await?;
        let found = Service::find(&tx.actor()?.arbiter, &self.service);
        let service = found.ok_or(Fault::NotFound { what: "service" })?;
        if service.state() == State::Removed {
            return Err(Fault::Refused(SubscribeRefusal::Removed));
        }
        let again = codes::awaiting_consent(tx.conn, self.shop).await?;
        let again: Vec<_> = again.into_iter().filter(|code| service.entries.iter().any(|e| e.code == code)).collect();
        codes::subscribe(tx.conn, self.shop, &self.service, tx.now).await?;
        tx.record_under(&permit, &self.service, json!({ "service": self.service, "agreedAgainTo": again }));
        tx.emit(events::about(events::SUBSCRIBED, self.shop, &self.service, None));
        Ok(Subscribed { service: self.service.clone() })
    }
}
