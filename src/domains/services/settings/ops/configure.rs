//! `configureService`: sets how a service is to behave in a shop, or for one of its sub-accounts.
//!
//! For the whole shop the main account alone decides; for a sub-account whoever manages the service's permissions: who may
//! grant, holds all of them, and stands no lower (requirements 4.16, 5.2). What the main account fixed for the shop, or for the
//! one who sets, stays as it is.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::{Command, Tx};
use crate::domains::services::perms::SERVICE_SUBSCRIBE;
use crate::domains::services::service::model::{Service, State};
use crate::domains::services::settings::model::{BadSettings, check};
use crate::domains::services::{events, subscriptions};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Instant, Text};
use crate::permissions::catalogue::Holder;
use crate::permissions::denial::GRANT;
use crate::permissions::settings::{self, Row};
use crate::permissions::{Seat, WholeShop, codes};

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
    /// For oneself.
    Oneself,
    /// For somebody above.
    Above,
    /// Who sets does not hold a permission of the service: the code.
    NotHeld(&'static str),
    /// The shop, or who sets, is held to another value: the key.
    Fixed(String),
}

impl Refusal for ConfigureRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotSubscribed => "NOT_SUBSCRIBED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
            Self::Settings(why) => why.code(),
            Self::ByTheService => "SETTINGS_REFUSED",
            Self::Oneself => "ONESELF",
            Self::Above => "ABOVE_OWN_RANK",
            Self::NotHeld(_) => "PERMISSION_NOT_HELD",
            Self::Fixed(_) => "SETTINGS_FIXED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotSubscribed | Self::Unavailable | Self::NotHeld(_) => &["serviceId"],
            Self::Settings(_) | Self::ByTheService | Self::Fixed(_) => &["settings"],
            Self::Oneself | Self::Above => &["subAccountId"],
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
            Self::Oneself => Text::new(
                "Nobody changes the settings that they are held to themselves. Ask somebody above.",
                "不能修改针对自己的设置,请联系上级。",
            ),
            Self::Above => Text::new(
                "This sub-account stands above you. Ask the main account.",
                "该子账号级别高于您,请联系主账号。",
            ),
            Self::NotHeld(code) => Text::made(
                format!(
                    "You do not hold {code} yourself, so you cannot say how the service works for others. Ask the main account."
                ),
                format!("您自己没有 {code} 权限,不能为他人设置该服务,请联系主账号。"),
            ),
            Self::Fixed(key) => Text::made(
                format!(
                    "The main account fixed {key:?} for the shop or for you. Leave it out, or ask the main account."
                ),
                format!("主账号已为店铺或您固定了 {key:?},请不要设置该项,或联系主账号。"),
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
        let needed = if self.sub_account.is_some() { GRANT } else { SERVICE_SUBSCRIBE };
        let permit = tx.permit(needed, Some(WholeShop(self.shop))).await?;
        let service = Service::find(&tx.actor()?.arbiter, &self.service);
        let service = service.ok_or(Fault::NotFound { what: "service" })?;
        if let Some(who) = self.sub_account {
            let rank = settings::rank_of(tx.conn, self.shop, who).await?;
            let rank = rank.ok_or(Fault::NotFound { what: "subAccount" })?;
            reaches(&permit.seat, (who, rank), &service, tx.now).map_err(Fault::Refused)?;
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
        if !permit.seat.is_main() {
            let held_to = settings::of_seat(tx.conn, self.shop, permit.seat.sub_account).await?;
            if let Some(key) = fixed(&held_to, &self.service, &values) {
                return Err(Fault::Refused(ConfigureRefusal::Fixed(key)));
            }
        }
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
        let detail = json!({ "service": self.service, "subAccount": self.sub_account, "keys": keys });
        match self.sub_account {
            Some(who) => tx.record_under(&permit, &who, detail),
            None => tx.record_under(&permit, &self.shop, detail),
        }
        tx.emit(events::about(events::CONFIGURED, self.shop, &self.service, self.sub_account));
        Ok(Configured { service: self.service.clone() })
    }
}

/// Whether a seat manages what a sub-account does with a service.
fn reaches(
    seat: &Seat,
    (who, rank): (SubAccountId, i32),
    service: &Service,
    now: Instant,
) -> Result<(), ConfigureRefusal> {
    if seat.is_main() {
        return Ok(());
    }
    if seat.sub_account == Some(who) {
        return Err(ConfigureRefusal::Oneself);
    }
    if rank > seat.rank {
        return Err(ConfigureRefusal::Above);
    }
    let codes = service.entries.iter().filter(|entry| entry.is_active() && entry.holder == Holder::Staff);
    match codes.into_iter().find(|entry| !seat.holds(entry.number, now)) {
        Some(entry) => Err(ConfigureRefusal::NotHeld(entry.code)),
        None => Ok(()),
    }
}

/// The first key whose value is another one than what the rows hold a seat to.
fn fixed(held_to: &[Row], service: &str, values: &serde_json::Map<String, Value>) -> Option<String> {
    let rows = || held_to.iter().filter(|row| row.service == service);
    let differs =
        |(key, value): &(&String, &Value)| rows().any(|row| row.values.get(*key).is_some_and(|v| v != *value));
    values.iter().find(differs).map(|(key, _)| key.chars().take(64).collect())
}
