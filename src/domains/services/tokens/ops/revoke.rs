//! `revokeServiceToken`: the token opens nothing from the moment that this returns.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::services::perms::{PLUGIN_MANAGE, SERVICE_SUBSCRIBE};
use crate::domains::services::tokens::model::ShopToken;
use crate::domains::services::tokens::store;
use crate::kernel::Fault;
use crate::kernel::ids::ServiceTokenId;
use crate::permissions::Guarded;

/// Revokes a token. One that is revoked already stays so.
#[derive(Debug, Serialize)]
pub struct RevokeServiceToken {
    /// The token.
    pub token: ServiceTokenId,
}

/// It is revoked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Revoked {
    /// The token.
    pub token: ServiceTokenId,
}

impl Command for RevokeServiceToken {
    const NAME: &'static str = "revokeServiceToken";
    type Output = Revoked;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Revoked, Fault> {
        let missing = || Fault::NotFound { what: ShopToken::KIND };
        let found = store::lock(tx.conn, self.token).await?.ok_or_else(missing)?;
        let detail = json!({ "service": found.service, "label": found.label });
        let by = match found.shop_id {
            Some(shop) => {
                let permit = tx.permit(SERVICE_SUBSCRIBE, Some(ShopToken(found, shop))).await?;
                tx.record_under(&permit, &self.token, detail);
                permit.seat.name.clone()
            }
            // To others than operators, an operator's token does not exist (h19).
            None if tx.actor::<Infallible>()?.platform_permit(PLUGIN_MANAGE).is_none() => return Err(missing()),
            None => {
                tx.record(Entry {
                    chain: Chain::Platform,
                    target: self.token.to_string(),
                    permission: Some(PLUGIN_MANAGE),
                    grant: None,
                    detail,
                });
                tx.actor::<Infallible>()?.login.clone()
            }
        };
        store::revoke(tx.conn, self.token, &by, tx.now).await?;
        Ok(Revoked { token: self.token })
    }
}
