//! `changeOwnPassword`: an account or a sub-account that knows its password sets another. The old one was compared, and the new one
//! hashed, before the transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::password::WeakPassword;
use crate::domains::accounts::sessions::login_throttle::Counted;
use crate::domains::accounts::sessions::store;
use crate::domains::accounts::throttle;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Subject, Text};
use crate::permissions::store::lock_epoch;

/// Sets another password for whoever is logged in.
#[derive(Debug, Serialize)]
pub struct ChangeOwnPassword {
    /// The hash that the old password was compared with: if it is not the one that counts any more, somebody else was faster.
    #[serde(skip_serializing)]
    pub compared: String,
    /// The hash of the new password.
    #[serde(skip_serializing)]
    pub password_hash: String,
    /// What the comparison was counted by.
    #[serde(skip_serializing)]
    pub counted: Counted,
}

/// It is set.
#[derive(Debug, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// How many other sessions were open.
    pub ended: usize,
}

/// Why it stays as it is.
#[derive(Debug, Clone, Copy)]
pub enum ChangePasswordRefusal {
    /// The old one is wrong, or not the one that counts any more.
    Wrong,
    /// The new one is too weak.
    Weak(WeakPassword),
    /// The new one is the old one.
    Same,
}

impl Refusal for ChangePasswordRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "WRONG_CREDENTIALS",
            Self::Weak(_) => "PASSWORD_WEAK",
            Self::Same => "PASSWORD_UNCHANGED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Wrong => &["oldPassword"],
            Self::Weak(_) | Self::Same => &["newPassword"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Wrong => Text::new(
                "The old password is wrong. Whoever forgot it recovers the account, or asks the shop for resetSubAccountPassword.",
                "原密码错误。忘记密码请找回账号,子账号请联系店铺通过 resetSubAccountPassword 重置。",
            ),
            Self::Weak(weak) => weak.message(),
            Self::Same => Text::new("The new password is the old one. Choose another.", "新密码与原密码相同,请更换。"),
        }
    }
}

impl Command for ChangeOwnPassword {
    const NAME: &'static str = "changeOwnPassword";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = PasswordChanged;
    type Refusal = ChangePasswordRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PasswordChanged, Fault<ChangePasswordRefusal>> {
        let actor = tx.actor()?;
        let (session, subject) = (actor.session, actor.subject);
        let (old, new) = (self.compared.as_str(), self.password_hash.as_str());
        let changed = match subject {
            Subject::Account { id } => accounts::replace_password(tx.conn, id, old, new).await?,
            Subject::SubAccount { shop, id } => {
                // The lock of the shop first, as everywhere: the change moves its epoch.
                lock_epoch(tx.conn, shop).await?;
                store::replace_sub_account_password(tx.conn, (shop, id), old, new).await?
            }
        };
        if !changed {
            return Err(Fault::Refused(ChangePasswordRefusal::Wrong));
        }
        throttle::clear(tx.conn, &self.counted.name).await?;
        let (ended, event) = match subject {
            Subject::Account { id } => {
                let event = Event { topic: "security.password_changed", shop: None, payload: json!({ "account": id }) };
                (store::end_others(tx.conn, id, session, tx.now).await?, event)
            }
            Subject::SubAccount { shop, id } => {
                let payload = json!({ "subAccount": id });
                let event = Event { topic: "sub_account.password_changed", shop: Some(shop), payload };
                (store::end_others_of_sub_account(tx.conn, (shop, id), session, tx.now).await?, event)
            }
        };
        tx.record(Entry {
            chain: Chain::from(subject),
            target: subject.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session, "sessionsEnded": ended }),
        });
        tx.emit(event);
        Ok(PasswordChanged { ended })
    }
}
