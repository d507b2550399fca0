//! `configureService`: sets how a service is to behave in a shop, or for one of its sub-accounts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::{Command, Tx};
use crate::domains::services::perms::SERVICE_SUBSCRIBE;
use crate::domains::services::service::model::{Service, State};
use crate::domains::services::settings::model::{BadSettings, check};
use crate::domains::services::{events, subscriptions};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Text};
use crate::permissions::settings::{self, Row};
use crate::permissions::{WholeShop, codes, store};

/// Sets a service's settings.
#[derive(Debug, Serialize)]
pub struct ConfigureService {
    /// The shop.
    pub shop: ShopId,
    /// The service.
    pub service: String,
    /// For whom; `None`: for the whole shop.
    pub sub_account: Option<SubAccountId>,
    /// The values, in place of those that were set for the same; `null` or an empty object: none.
    pub settings: Value,
    /// Whether the service itself was asked and does not take them.
    #[serde(skip)]
    pub refused: bool,
}

/// They were set.
#[derive(Debug, Serialize, Deserialize)]
pub struct Configured {
    /// The service.
    pub service: String,
}

/// Why nothing was set.
#[derive(Debug)]
pub enum ConfigureRefusal {
    /// The shop does not have the service.
    NotSubscribed,
    /// What can be set is known only while the service is there.
    Unavailable,
    /// The values.
    Settings(BadSettings),
    /// The service does not take the values, though its schema allows them.
    ByTheService,
}

impl Refusal for ConfigureRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotSubscribed => "NOT_SUBSCRIBED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
            Self::Settings(why) => why.code(),
            Self::ByTheService => "SETTINGS_REFUSED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotSubscribed | Self::Unavailable => &["serviceId"],
            Self::Settings(_) | Self::ByTheService => &["settings"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotSubscribed => Text::new(
                "The shop does not have this service. Call subscribeService first.",
                "店铺尚未订购该服务,请先调用 subscribeService。",
            ),
            Self::Unavailable => Text::new(
                "The service is unavailable, so what can be set is not known. Try again when it is back.",
                "服务暂不可用,无法确认可设置的内容,请稍后重试。",
            ),
            Self::Settings(why) => why.message(),
            Self::ByTheService => Text::new(
                "The service does not work with these values together. Change them; its own help says what goes together.",
                "该服务不接受这组设置,请参考服务说明后修改。",
            ),
        }
    }
}

impl Command for ConfigureService {
    const NAME: &'static str = "configureService";
    type Output = Configured;
    type Refusal = ConfigureRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Configured, Fault<ConfigureRefusal>> {
        subscriptions::begin(tx, self.shop).await?;
        let permit = tx.permit(SERVICE_SUBSCRIBE, Some(WholeShop(self.shop))).await?;
        let service = Service::find(&tx.actor()?.arbiter, &self.service);
        let service = service.ok_or(Fault::NotFound { what: "service" })?;
        if let Some(who) = self.sub_account
            && !settings::is_of_shop(tx.conn, self.shop, who).await?
        {
            return Err(Fault::NotFound { what: "subAccount" });
        }
        if !codes::has_service(tx.conn, self.shop, &self.service).await? {
            return Err(Fault::Refused(ConfigureRefusal::NotSubscribed));
        }
        let values = match (&self.settings, &service.described) {
            // Taking away what was set needs no schema.
            (Value::Null, _) => serde_json::Map::new(),
            (values, Some(described)) if service.state() != State::Removed => {
                check(&described.settings, values).map_err(ConfigureRefusal::Settings).map_err(Fault::Refused)?
            }
            _ => return Err(Fault::Refused(ConfigureRefusal::Unavailable)),
        };
        if self.refused {
            return Err(Fault::Refused(ConfigureRefusal::ByTheService));
        }
        // The values may be secrets of the service's: the trail keeps which were set, not what they are.
        let keys: Vec<String> = values.keys().cloned().collect();
        let row = Row {
            service: self.service.clone(),
            sub_account_id: self.sub_account,
            values,
            changed_by: permit.seat.name.clone(),
            changed_at: tx.now,
        };
        settings::put(tx.conn, self.shop, &row).await?;
        store::move_epoch(tx.conn, self.shop).await?;
        let detail = json!({ "service": self.service, "subAccount": self.sub_account, "keys": keys });
        match self.sub_account {
            Some(who) => tx.record_under(&permit, &who, detail),
            None => tx.record_under(&permit, &self.shop, detail),
        }
        tx.emit(events::about(events::CONFIGURED, self.shop, &self.service, self.sub_account));
        Ok(Configured { service: self.service.clone() })
    }
}
