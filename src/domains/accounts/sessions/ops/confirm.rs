//! `confirmLogIn`: a second factor makes a session of a log-in that waits (requirement 3.10). The session gets tokens of its own: what
//! was known before is worth nothing (h34).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::seen;
use super::log_in::{Lives, Tokens, device_name, open_session};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::codes::{Checked, CodeFailure, Purpose};
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::restrictions::{Reason, restrict};
use crate::domains::accounts::step_up::verify::{Second, verify};
use crate::domains::accounts::token::TokenHash;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Instant, Subject, Text};

/// Confirms a log-in that waits.
#[derive(Debug, Serialize)]
pub struct ConfirmLogIn {
    /// The hash of its token.
    #[serde(skip_serializing)]
    pub pending: TokenHash,
    /// The second factor.
    #[serde(skip_serializing)]
    pub second: Second,
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
    /// Whether the device is new, and has to keep its token.
    pub new_device: bool,
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
    const WHILE_RESTRICTED: bool = true;
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
        // A code counts where one was sent; an authenticator or a recovery code where there is an authenticator.
        let fits = pending.contact_id.is_some() == matches!(self.second, Second::Code(_));
        let tried = match fits {
            true => verify(tx, account, Purpose::LogIn, pending.contact_id, &self.second).await?,
            false => Err(CodeFailure::NotAsked),
        };
        if let Err(failure) = tried {
            if matches!(failure, CodeFailure::Wrong { left: 0 } | CodeFailure::TriesUsedUp) {
                // Whoever it is knows the password.
                restrict(tx, account, Reason::CodeGuessed).await?;
            }
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
        let device = match pending.device_id {
            Some(known) => known,
            None => {
                let name = device_name(tx, &pending.client);
                devices::insert(tx.conn, account, &self.tokens.device, &name, tx.now).await?
            }
        };
        let subject = Subject::Account { id: account };
        let (session, expires_at) = open_session(
            tx,
            subject,
            &pending.name,
            (pending.client.as_str(), None),
            &self.tokens,
            self.lives,
            Some(device),
        )
        .await?;
        // A device that gave no token is known by the one that it gets now.
        let key = pending.device_key.as_ref().unwrap_or(&self.tokens.device);
        let event = seen::logged_in(tx, account, session, Some(key));
        tx.emit(event);
        Ok(Checked::Right(Confirmed { expires_at, new_device: pending.device_id.is_none() }))
    }
}
