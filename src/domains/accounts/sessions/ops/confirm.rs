//! `confirmLogIn`: the code makes a session of a log-in that waits (requirement 3.10). The session gets tokens of its own: what
//! was known before is worth nothing (h34).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log_in::{Lives, Tokens, device_name, open_session};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::codes::{self, Checked, Purpose};
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::token::TokenHash;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Instant, Subject, Text};
use crate::telemetry::Secret;

/// Confirms a log-in that waits.
#[derive(Debug, Serialize)]
pub struct ConfirmLogIn {
    /// The hash of its token.
    #[serde(skip_serializing)]
    pub pending: TokenHash,
    /// The code that was sent.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// The new tokens.
    #[serde(skip_serializing)]
    pub tokens: Tokens,
    /// How long the session lives.
    pub lives: Lives,
}

/// There is a session.
#[derive(Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// Until when its access token counts.
    pub expires_at: Instant,
}

/// Why there is none.
#[derive(Debug, Clone, Copy)]
pub enum ConfirmRefusal {
    /// No log-in waits for this token, or it waited too long.
    Over,
}

impl Refusal for ConfirmRefusal {
    fn code(&self) -> &'static str {
        "LOG_IN_EXPIRED"
    }

    fn message(&self) -> Text {
        Text::new(
            "This log-in waited too long, or was replaced by a newer one. Log in again.",
            "该登录已过期或已被新的登录取代,请重新登录。",
        )
    }
}

impl Command for ConfirmLogIn {
    const NAME: &'static str = "confirmLogIn";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Confirmed>;
    type Refusal = ConfirmRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Confirmed>, Fault<ConfirmRefusal>> {
        let over = || Fault::Refused(ConfirmRefusal::Over);
        let pending = devices::pending(tx.conn, &self.pending).await?.ok_or_else(over)?;
        let account = pending.account_id;
        let active = accounts::lock(tx.conn, account).await?.is_some_and(|account| account.state == "ACTIVE");
        if !active || pending.expires_at <= tx.now {
            return Err(over());
        }
        let contact = contacts::get(tx.conn, account, pending.contact_id).await?.ok_or_else(over)?;
        let kind = Kind::parse(&contact.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
        let address = Address::open(&tx.env.keys, kind, &contact.value).map_err(Fault::internal)?;
        let (to, code) = (address.expose(), self.code.expose());
        if let Err(failure) = codes::check(tx, account, Purpose::LogIn, kind.channel(), to, code).await? {
            tx.record(Entry {
                chain: Chain::Account(account),
                target: account.to_string(),
                permission: None,
                grant: None,
                detail: json!({ "right": false }),
            });
            return Ok(Checked::Wrong(failure));
        }
        devices::drop_pending(tx.conn, account).await?;
        let name = device_name(tx, &pending.client);
        let device = devices::insert(tx.conn, account, &self.tokens.device, &name, tx.now).await?;
        let subject = Subject::Account { id: account };
        let (_, expires_at) =
            open_session(tx, subject, &pending.name, &pending.client, &self.tokens, self.lives, Some(device)).await?;
        Ok(Checked::Right(Confirmed { expires_at }))
    }
}
