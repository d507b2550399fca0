//! `sendLogInCode` and the check of what came of it: a sub-account logs in by a code to a phone (requirement 4.20).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::login_throttle::Counted;
use super::super::phones::StaffPhone;
use super::log_in::LogInRefusal;
use super::unseen;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Ask, Purpose};
use crate::kernel::{Fault, Locale};
use crate::telemetry::Secret;

/// Sends a code, if there is a sub-account that may log in by one.
#[derive(Debug, Serialize)]
pub struct SendLogInCode {
    /// The sub-account and its phone, if there is one.
    #[serde(skip_serializing)]
    pub of: Option<StaffPhone>,
    /// What it is counted by.
    #[serde(skip_serializing)]
    pub counted: Counted,
    /// The language of the message.
    pub locale: Locale,
}

/// It was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked;

impl Command for SendLogInCode {
    const NAME: &'static str = "sendLogInCode";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = LogInRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<LogInRefusal>> {
        let ask = self.of.as_ref().map(|of| Ask::digits(of.account, Purpose::StaffLogIn, &of.phone, self.locale));
        unseen::send(tx, "staff_code.source", &self.counted, ask).await?;
        tx.record(Entry {
            chain: self.of.as_ref().map_or(Chain::Platform, |of| Chain::Shop(of.shop)),
            target: self.of.as_ref().map_or_else(|| "nobody".to_owned(), |of| of.id.to_string()),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        Ok(Asked)
    }
}

/// Tries a code. The try counts whatever comes of it.
#[derive(Debug, Serialize)]
pub struct CheckLogInCode {
    /// The sub-account and its phone.
    #[serde(skip_serializing)]
    pub of: StaffPhone,
    /// The code.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
}

/// Whether it was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// It is used up then.
    pub right: bool,
}

impl Command for CheckLogInCode {
    const NAME: &'static str = "checkLogInCode";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Tried;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Tried, Fault> {
        let (account, phone) = (self.of.account, &self.of.phone);
        let channel = phone.kind.channel();
        let checked =
            codes::check(tx, account, Purpose::StaffLogIn, channel, phone.expose(), self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Shop(self.of.shop),
            target: self.of.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "right": checked.is_ok() }),
        });
        Ok(Tried { right: checked.is_ok() })
    }
}
