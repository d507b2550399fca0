//! `lookUpAssociations`: an operator sees which accounts possibly belong together with one, and why. A command and no query,
//! so that every look is on record, with its reason (requirement 1.5).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::association::signals::model::Possible;
use crate::domains::association::signals::ops::contest::LONGEST_REASON;
use crate::domains::association::signals::read::possibly_associated;
use crate::domains::association::signals::store::{self, Signal};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Text, names};
use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// Reading associations of any account.
pub const READ: Number = number("platform.association.read");

/// Looks an account up.
#[derive(Debug, Serialize)]
pub struct LookUp {
    /// Whose associations.
    pub account: AccountId,
    /// Why it has to be known: a case, a complaint.
    pub reason: String,
}

/// What was seen.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookedUp {
    /// The accounts, the likeliest first, with the names that others see.
    pub found: Vec<(Possible, String)>,
    /// What the account was seen with.
    pub signals: Vec<Signal>,
}

/// Why nothing is shown.
#[derive(Debug)]
pub enum LookUpRefusal {
    /// No reason, or one that is too long.
    ReasonInvalid,
}

impl Refusal for LookUpRefusal {
    fn code(&self) -> &'static str {
        "REASON_INVALID"
    }

    fn field(&self) -> &'static [&'static str] {
        &["reason"]
    }

    fn message(&self) -> Text {
        Text::new(
            "Say in 1 to 500 characters why you look; it stands in the audit trail.",
            "请用 1 到 500 个字符填写查询原因,将记入操作日志。",
        )
    }
}

impl Command for LookUp {
    const NAME: &'static str = "lookUpAssociations";
    /// The answer is about people: it is not kept.
    const KEY: KeyRule = KeyRule::Unsupported;
    /// A rehearsed look would leave no record.
    const DRY_RUN: bool = false;
    type Output = LookedUp;
    type Refusal = LookUpRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<LookedUp, Fault<LookUpRefusal>> {
        tx.permit_platform(READ, &self.account)?;
        if !names::is_prose(&self.reason, LONGEST_REASON) {
            return Err(Fault::Refused(LookUpRefusal::ReasonInvalid));
        }
        if accounts::profiles(tx.conn, &[self.account]).await?.is_empty() {
            return Err(Fault::NotFound { what: "account" });
        }
        let found = possibly_associated(tx.conn, self.account, &tx.env.association, tx.now).await?;
        let others: Vec<AccountId> = found.iter().map(|one| one.other).collect();
        let profiles = accounts::profiles(tx.conn, &others).await?;
        let named = |one: Possible| {
            let profile = profiles.iter().find(|profile| profile.id == one.other);
            (one, profile.map_or_else(String::new, |profile| profile.display_name.clone()))
        };
        let found: Vec<(Possible, String)> = found.into_iter().map(named).collect();
        let signals = store::of_account(tx.conn, self.account).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.account.to_string(),
            permission: Some(READ),
            grant: None,
            detail: json!({ "reason": self.reason, "shown": others }),
        });
        Ok(LookedUp { found, signals })
    }
}
