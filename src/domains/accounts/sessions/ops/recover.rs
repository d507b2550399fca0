//! `requestRecovery` and `resetPassword`: a code to a phone, or a link to an e-mail address, sets a new password and ends all sessions
//! (requirements 1.7, 3.11). Whether there is such an account is never said.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log_in::LogInRefusal;
use super::unseen;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::codes::{self, Ask, Purpose};
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::restrictions::store as restrictions;
use crate::domains::accounts::sessions::login_throttle::Counted;
use crate::domains::accounts::sessions::store;
use crate::domains::accounts::throttle;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Locale, Text};
use crate::telemetry::Secret;

/// An account and the contact that recovers it.
#[derive(Debug, Clone)]
pub struct Recoverable {
    /// The account.
    pub account: AccountId,
    /// Where its code goes.
    pub address: Address,
}

/// Sends a code, if there is an account to recover.
#[derive(Debug, Serialize)]
pub struct RequestRecovery {
    /// The account, if there is one.
    #[serde(skip_serializing)]
    pub of: Option<Recoverable>,
    /// What it is counted by.
    #[serde(skip_serializing)]
    pub counted: Counted,
    /// Where a link leads; `{token}` in it is replaced.
    pub link: String,
    /// The language of the message.
    pub locale: Locale,
}

/// It was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked;

impl Command for RequestRecovery {
    const NAME: &'static str = "requestRecovery";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = LogInRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<LogInRefusal>> {
        let account = self.of.as_ref().map(|of| of.account);
        let ask = self.of.as_ref().map(|of| match of.address.kind {
            Kind::Phone => Ask::digits(of.account, Purpose::Recover, &of.address, self.locale),
            Kind::Email => Ask::link(of.account, Purpose::Recover, &of.address, self.locale, self.link.clone()),
        });
        unseen::send(tx, "recovery.source", &self.counted, ask).await?;
        tx.record(Entry {
            chain: account.map_or(Chain::Platform, Chain::Account),
            target: account.map_or_else(|| "nobody".to_owned(), |account| account.to_string()),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        Ok(Asked)
    }
}

/// Sets a new password by the code. It was checked and hashed before the transaction.
#[derive(Debug, Serialize)]
pub struct ResetPassword {
    /// The account and the contact that its code went to, if there is one.
    #[serde(skip_serializing)]
    pub of: Option<Recoverable>,
    /// The code.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
    /// The hash of the new password.
    #[serde(skip_serializing)]
    pub password_hash: String,
    /// What failures of its name are counted by.
    #[serde(skip_serializing)]
    pub counted: Counted,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reset {
    /// The password is set and all sessions are over.
    Done,
    /// The code was not right.
    Failed,
}

/// Why the account is not recovered.
#[derive(Debug)]
pub enum RecoveryRefusal {
    /// The code is wrong, expired or was never sent; or there is no such account. Which, is not said.
    Failed,
    /// The new password is too weak.
    Weak(crate::domains::accounts::password::WeakPassword),
}

impl Refusal for RecoveryRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Failed => "RECOVERY_FAILED",
            Self::Weak(_) => "PASSWORD_WEAK",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Failed => &["code"],
            Self::Weak(_) => &["newPassword"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Failed => Text::new(
                "The code or link is wrong or has expired. Ask for a new one with requestRecovery.",
                "验证码或链接错误或已过期,请通过 requestRecovery 重新获取。",
            ),
            Self::Weak(weak) => weak.message(),
        }
    }
}

impl Command for ResetPassword {
    const NAME: &'static str = "resetPassword";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Reset;
    type Refusal = RecoveryRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reset, Fault<RecoveryRefusal>> {
        let Some(Recoverable { account: id, address }) = &self.of else {
            tx.record(Entry {
                chain: Chain::Platform,
                target: "nobody".to_owned(),
                permission: None,
                grant: None,
                detail: json!({}),
            });
            return Ok(Reset::Failed);
        };
        let id = *id;
        accounts::lock(tx.conn, id).await?.ok_or(Fault::Refused(RecoveryRefusal::Failed))?;
        let channel = address.kind.channel();
        let checked = codes::check(tx, id, Purpose::Recover, channel, address.expose(), self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "right": checked.is_ok() }),
        });
        if checked.is_err() {
            return Ok(Reset::Failed);
        }
        accounts::set_password(tx.conn, id, &self.password_hash).await?;
        store::end_all_of_account(tx.conn, id, tx.now).await?;
        devices::forget_all(tx.conn, id).await?;
        // Whoever has the phone or the mailbox has confirmed enough.
        restrictions::remove(tx.conn, id).await?;
        throttle::clear(tx.conn, &self.counted.name).await?;
        tx.emit(Event { topic: "security.password_reset", shop: None, payload: json!({ "account": id }) });
        Ok(Reset::Done)
    }
}
