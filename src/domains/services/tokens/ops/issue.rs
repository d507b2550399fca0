//! `issueServiceToken`: gives a service what it asks for decisions with.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::token::TokenHash;
use crate::domains::services::perms::{PLUGIN_MANAGE, SERVICE_SUBSCRIBE};
use crate::domains::services::service::model::Service;
use crate::domains::services::tokens::model::{LONGEST_LABEL, ServiceToken};
use crate::domains::services::tokens::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{ServiceTokenId, ShopId};
use crate::kernel::{Fault, Text, names};
use crate::permissions::{WholeShop, codes, store as permissions};

/// The most tokens of one service that stand in one shop: enough to change one without a gap, too few to lose count of.
const MOST: i64 = 5;

/// Issues a token.
#[derive(Debug, Serialize)]
pub struct IssueServiceToken {
    /// The shop that it asks about; `None`: all that have the service, which only an operator can give.
    pub shop: Option<ShopId>,
    /// The service.
    pub service: String,
    /// What it is for.
    pub label: String,
    /// The hash of the token.
    #[serde(skip)]
    pub token_hash: TokenHash,
}

/// It was issued.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Its id.
    pub token: ServiceTokenId,
}

/// Why not.
#[derive(Debug)]
pub enum IssueRefusal {
    /// The shop does not have the service.
    NotSubscribed,
    /// The label has characters or a length that labels cannot have.
    Label,
    /// There are enough.
    TooMany,
}

impl Refusal for IssueRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotSubscribed => "NOT_SUBSCRIBED",
            Self::Label => "LABEL_INVALID",
            Self::TooMany => "TOO_MANY_TOKENS",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Label => &["label"],
            _ => &["serviceId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotSubscribed => Text::new(
                "The shop does not have this service. Call subscribeService first.",
                "店铺尚未订购该服务,请先调用 subscribeService。",
            ),
            Self::Label => Text::new("A label has 1 to 60 printable characters.", "备注为 1 到 60 个可见字符。"),
            Self::TooMany => Text::new(
                "Five tokens of this service stand already. Revoke one that is not in use.",
                "该服务已有 5 个有效令牌,请先撤销不用的令牌。",
            ),
        }
    }
}

impl Command for IssueServiceToken {
    const NAME: &'static str = "issueServiceToken";
    // The answer holds the token, so it is not kept.
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Issued;
    type Refusal = IssueRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Issued, Fault<IssueRefusal>> {
        let missing = Fault::NotFound { what: "service" };
        let token = ServiceTokenId::generate();
        let detail = json!({ "service": self.service, "label": self.label });
        let issued_by = match self.shop {
            Some(shop) => {
                if tx.actor()?.seat(shop).is_none() {
                    return Err(Fault::NotFound { what: "shop" });
                }
                permissions::lock_epoch(tx.conn, shop).await?;
                let permit = tx.permit(SERVICE_SUBSCRIBE, Some(WholeShop(shop))).await?;
                Service::find(&tx.actor()?.arbiter, &self.service).ok_or(missing)?;
                if !codes::has_service(tx.conn, shop, &self.service).await? {
                    return Err(Fault::Refused(IssueRefusal::NotSubscribed));
                }
                tx.record_under(&permit, &token, detail);
                permit.seat.name.clone()
            }
            None => {
                tx.permit_platform(PLUGIN_MANAGE, &self.service)?;
                Service::find(&tx.actor()?.arbiter, &self.service).ok_or(missing)?;
                tx.record(Entry {
                    chain: Chain::Platform,
                    target: token.to_string(),
                    permission: Some(PLUGIN_MANAGE),
                    grant: None,
                    detail,
                });
                tx.actor()?.login.clone()
            }
        };
        if !names::is_line(&self.label, LONGEST_LABEL) {
            return Err(Fault::Refused(IssueRefusal::Label));
        }
        if store::standing(tx.conn, self.shop, &self.service).await? >= MOST {
            return Err(Fault::Refused(IssueRefusal::TooMany));
        }
        let new = ServiceToken {
            id: token,
            service: self.service.clone(),
            shop_id: self.shop,
            label: self.label.clone(),
            issued_by,
            issued_at: tx.now,
            revoked_at: None,
        };
        store::insert(tx.conn, &self.token_hash, &new).await?;
        Ok(Issued { token })
    }
}
