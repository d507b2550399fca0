//! `disableAccount` and `enableAccount`: an operator of the platform ends all access of an account, or gives it back.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::account::store;
use crate::domains::accounts::sessions;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Text};
use crate::permissions::catalogue::number;

/// Disables or enables an account.
#[derive(Debug, Serialize)]
pub struct SetAccountState {
    /// The account.
    pub account: AccountId,
    /// Whether it is to be active.
    pub active: bool,
}

/// The account whose state was set.
#[derive(Debug, Serialize, Deserialize)]
pub struct StateSet {
    /// Its id.
    pub account: AccountId,
}

/// Why the state is not set.
#[derive(Debug)]
pub enum StateRefusal {
    /// It is one's own account.
    OwnAccount,
    /// Nobody could manage the permissions of the account's shops any more (requirement 5.3).
    LastManager {
        /// The names of the shops.
        shops: Vec<String>,
    },
}

impl Refusal for StateRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::OwnAccount => "OWN_ACCOUNT",
            Self::LastManager { .. } => "LAST_MANAGER",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["accountId"]
    }

    fn message(&self) -> Text {
        match self {
            Self::OwnAccount => Text::new("Nobody disables their own account.", "不能停用自己的账号。"),
            Self::LastManager { shops } => Text::made(
                format!(
                    "Nobody could manage the permissions of {} any more. Close the shop first, or hand it over.",
                    shops.join(", ")
                ),
                format!("停用后将无人能管理店铺 {} 的权限,请先关闭或转交店铺。", shops.join("、")),
            ),
        }
    }
}

impl Command for SetAccountState {
    const NAME: &'static str = "setAccountState";
    type Output = StateSet;
    type Refusal = StateRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<StateSet, Fault<StateRefusal>> {
        const PERMISSION: u16 = number("platform.account.disable");
        tx.permit_platform(PERMISSION, &self.account)?;
        if tx.actor()?.subject.to_string() == self.account.to_string() {
            return Err(Fault::Refused(StateRefusal::OwnAccount));
        }
        let account = store::lock(tx.conn, self.account).await?.filter(|account| account.state != "DELETED");
        let account = account.ok_or(Fault::NotFound { what: "account" })?;
        if !self.active {
            let shops = store::open_shops(tx.conn, self.account).await?;
            if !shops.is_empty() {
                return Err(Fault::Refused(StateRefusal::LastManager { shops }));
            }
            sessions::end_all_of_account(tx.conn, self.account, tx.now).await?;
        }
        store::set_state(tx.conn, self.account, if self.active { "ACTIVE" } else { "DISABLED" }).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.account.to_string(),
            permission: Some(PERMISSION),
            grant: None,
            detail: json!({ "login": account.login, "active": self.active }),
        });
        let topic = if self.active { "account.enabled" } else { "account.disabled" };
        tx.emit(Event { topic, shop: None, payload: json!({ "account": self.account }) });
        Ok(StateSet { account: self.account })
    }
}
