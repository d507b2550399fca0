//! `registerAccount`: a new account under a name that nobody has (requirement 1.1).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::account::model::{is_display_name, is_login};
use crate::domains::accounts::account::store::{self, NewAccount};
use crate::domains::accounts::password::WeakPassword;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Text};

/// Registers an account. The password was checked and hashed before the transaction.
#[derive(Debug, Serialize)]
pub struct RegisterAccount {
    /// The name to log in by.
    pub login: String,
    /// The name that others see.
    pub display_name: String,
    /// `PERSON` or `ENTERPRISE`; `OPERATOR` only from the demo and the command line.
    pub kind: &'static str,
    /// The hash of the password.
    #[serde(skip_serializing)]
    pub password_hash: String,
}

/// The new account.
#[derive(Debug, Serialize, Deserialize)]
pub struct Registered {
    /// Its id.
    pub id: AccountId,
}

/// Why an account is not registered.
#[derive(Debug)]
pub enum RegisterRefusal {
    /// Somebody has the name.
    LoginTaken,
    /// The name has characters or a length that names cannot have.
    LoginInvalid,
    /// The display name has characters or a length that names cannot have.
    DisplayNameInvalid,
    /// The password is too weak.
    Weak(WeakPassword),
}

impl Refusal for RegisterRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::LoginTaken => "LOGIN_TAKEN",
            Self::LoginInvalid => "LOGIN_INVALID",
            Self::DisplayNameInvalid => "DISPLAY_NAME_INVALID",
            Self::Weak(_) => "PASSWORD_WEAK",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::LoginTaken | Self::LoginInvalid => &["login"],
            Self::DisplayNameInvalid => &["displayName"],
            Self::Weak(_) => &["password"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::LoginTaken => Text::new("This log-in name is taken. Choose another.", "该登录名已被占用,请更换。"),
            Self::LoginInvalid => Text::new(
                "A log-in name has 3 to 32 letters, digits, _ - . or Chinese characters; no colon, no spaces.",
                "登录名为 3 到 32 个字母、数字、_ - . 或汉字,不含冒号和空格。",
            ),
            Self::DisplayNameInvalid => {
                Text::new("A display name has 1 to 40 printable characters.", "显示名称为 1 到 40 个可见字符。")
            }
            Self::Weak(weak) => weak.message(),
        }
    }
}

impl Command for RegisterAccount {
    const NAME: &'static str = "registerAccount";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Registered;
    type Refusal = RegisterRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Registered, Fault<RegisterRefusal>> {
        if !is_login(&self.login) {
            return Err(Fault::Refused(RegisterRefusal::LoginInvalid));
        }
        if !is_display_name(&self.display_name) {
            return Err(Fault::Refused(RegisterRefusal::DisplayNameInvalid));
        }
        let id = AccountId::generate();
        let new = NewAccount {
            id,
            login: &self.login,
            kind: self.kind,
            display_name: &self.display_name,
            password_hash: &self.password_hash,
            now: tx.now,
        };
        if !store::insert(tx.conn, &new).await? {
            return Err(Fault::Refused(RegisterRefusal::LoginTaken));
        }
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "login": self.login, "kind": self.kind }),
        });
        tx.emit(Event { topic: "account.registered", shop: None, payload: json!({ "account": id }) });
        Ok(Registered { id })
    }
}
