//! `openShop`: an account opens a shop of its own.

use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::account::model::is_display_name;
use crate::domains::accounts::contacts::model::Address;
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::certification::Standing;
use crate::domains::certification::identity::model::PersonName;
use crate::domains::shops::events;
use crate::domains::shops::shop::model::Shop;
use crate::domains::shops::shop::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, ShopId};
use crate::kernel::{Currency, Fault, Instant, Subject, Text};
use crate::telemetry::Secret;

/// Gives a new shop its positions. They belong to `staff`, which stands above; so it is passed in.
pub type SeedPositions =
    for<'c> fn(&'c mut AsyncPgConnection, ShopId, Instant) -> BoxFuture<'c, Result<(), diesel::result::Error>>;

/// Opens a shop for the account that is logged in.
#[derive(Serialize)]
pub struct OpenShop {
    /// Its name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Its time zone.
    pub time_zone: String,
    /// The name of whoever opens it, as in the identity.
    #[serde(skip_serializing)]
    pub owner_name: Secret<String>,
    /// Their phone number, as in the identity.
    #[serde(skip_serializing)]
    pub owner_phone: Secret<String>,
    /// Gives it its positions.
    #[serde(skip_serializing)]
    pub seed: SeedPositions,
}

/// The new shop.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Its id.
    pub shop: ShopId,
}

/// Why a shop is not opened.
#[derive(Debug)]
pub enum OpenRefusal {
    /// The name has characters or a length that names cannot have.
    NameInvalid,
    /// Not an IANA time zone.
    UnknownTimeZone,
    /// The account is not certified, or failed a review since (requirement 2.10).
    NotCertified,
    /// The name is not that of the identity.
    OtherName,
    /// The phone number is not that of the identity.
    OtherPhone,
    /// It is, but it is not bound to the account any more.
    PhoneNotBound,
}

impl Refusal for OpenRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NameInvalid => "NAME_INVALID",
            Self::UnknownTimeZone => "UNKNOWN_TIME_ZONE",
            Self::NotCertified => "NOT_CERTIFIED",
            Self::OtherName => "OWNER_NAME_DIFFERS",
            Self::OtherPhone => "OWNER_PHONE_DIFFERS",
            Self::PhoneNotBound => "OWNER_PHONE_NOT_BOUND",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NameInvalid => &["name"],
            Self::UnknownTimeZone => &["timeZone"],
            Self::NotCertified => &[],
            Self::OtherName => &["ownerName"],
            Self::OtherPhone | Self::PhoneNotBound => &["ownerPhone"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NameInvalid => {
                Text::new("A shop's name has 1 to 40 printable characters.", "店铺名称为 1 到 40 个可见字符。")
            }
            Self::UnknownTimeZone => Text::new(
                "Name the time zone as IANA does, such as Asia/Shanghai.",
                "请使用 IANA 时区名称,例如 Asia/Shanghai。",
            ),
            Self::NotCertified => Text::new(
                "A shop is opened by a certified person: certify the name (certifyByDocument), then the person \
                 (startPersonSession). After a failed review, pass a photo first.",
                "开店须先完成认证:先实名(certifyByDocument),再实人(startPersonSession);复核未通过的请先重新通过实人认证。",
            ),
            Self::OtherName => Text::new(
                "The name is not that of the certified identity. Write it as it stands in the document.",
                "姓名与认证信息不一致,请按证件填写。",
            ),
            Self::OtherPhone => Text::new(
                "The phone number is not the one that the identity was certified with.",
                "手机号与认证信息不一致,请填写认证时绑定的手机号。",
            ),
            Self::PhoneNotBound => Text::new(
                "The identity was certified with this number, which is not bound to the account any more. Bind it again \
                 (sendPhoneCode, bindPhone), then open the shop.",
                "该手机号为认证时的号码,但已与账号解绑,请重新绑定(sendPhoneCode、bindPhone)后再开店。",
            ),
        }
    }
}

impl Command for OpenShop {
    const NAME: &'static str = "openShop";
    type Output = Opened;
    type Refusal = OpenRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Opened, Fault<OpenRefusal>> {
        let Subject::Account { id: owner } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "account" });
        };
        if !is_display_name(&self.name) {
            return Err(Fault::Refused(OpenRefusal::NameInvalid));
        }
        if self.time_zone.parse::<chrono_tz::Tz>().is_err() {
            return Err(Fault::Refused(OpenRefusal::UnknownTimeZone));
        }
        self.check_owner(tx, owner).await?;
        let shop = Shop {
            id: ShopId::generate(),
            main_account_id: owner,
            name: self.name.clone(),
            currency: self.currency,
            time_zone: self.time_zone.clone(),
            state: "OPEN".to_owned(),
            created_at: tx.now,
        };
        store::insert(tx.conn, &shop).await?;
        (self.seed)(tx.conn, shop.id, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Shop(shop.id),
            target: shop.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "name": self.name }),
        });
        tx.emit(Event { topic: events::SHOP_OPENED, shop: Some(shop.id), payload: json!({ "shop": shop.id }) });
        Ok(Opened { shop: shop.id })
    }
}

impl OpenShop {
    /// A shop is opened by the certified person, whose name and phone equal those of the identity (requirement 2.10), and whose
    /// phone it still is.
    async fn check_owner(&self, tx: &mut Tx<'_>, owner: AccountId) -> Result<(), Fault<OpenRefusal>> {
        let standing = Standing::of(tx.conn, owner).await?.filter(|standing| standing.certified);
        let standing = standing.ok_or(Fault::Refused(OpenRefusal::NotCertified))?;
        let keys = &tx.env.keys;
        let name = PersonName::read(self.owner_name.expose());
        if !name.is_some_and(|name| standing.is_called(keys, &name)) {
            return Err(Fault::Refused(OpenRefusal::OtherName));
        }
        let phone = Address::phone(self.owner_phone.expose(), &tx.env.contacts.region);
        let key = phone.map(|phone| phone.key(keys)).filter(|key| standing.has_phone(key));
        let key = key.ok_or(Fault::Refused(OpenRefusal::OtherPhone))?;
        // Once it was theirs; a number that was given up may be somebody else's by now.
        let bound = contacts::of_account(tx.conn, owner).await?;
        if !bound.iter().any(|contact| contact.kind == "PHONE" && contact.value_key == key) {
            return Err(Fault::Refused(OpenRefusal::PhoneNotBound));
        }
        Ok(())
    }
}
