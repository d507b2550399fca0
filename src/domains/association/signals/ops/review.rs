//! `reviewAssociationSignal`: an operator decides about a signal that its owner contests.

use serde::Serialize;
use serde_json::json;

use super::contest::Contested;
use super::look_up::READ;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::association::signals::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, SignalId};
use crate::kernel::{Fault, Text};

/// Decides about a contest.
#[derive(Debug, Serialize)]
pub struct ReviewSignal {
    /// Whose signal.
    pub account: AccountId,
    /// Which.
    pub signal: SignalId,
    /// Whether it counts after all.
    pub upheld: bool,
}

/// Why nothing is decided.
#[derive(Debug)]
pub enum ReviewRefusal {
    /// Nobody contests it.
    NotContested,
}

impl Refusal for ReviewRefusal {
    fn code(&self) -> &'static str {
        "NOT_CONTESTED"
    }

    fn field(&self) -> &'static [&'static str] {
        &["signalId"]
    }

    fn message(&self) -> Text {
        Text::new("Nobody contests this signal, so there is nothing to decide.", "该信号未被提出异议,无需处理。")
    }
}

impl Command for ReviewSignal {
    const NAME: &'static str = "reviewAssociationSignal";
    type Output = Contested;
    type Refusal = ReviewRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Contested, Fault<ReviewRefusal>> {
        tx.permit_platform(READ, &self.account)?;
        let decided = store::decide(tx.conn, self.account, self.signal, self.upheld).await?;
        let signal = store::get(tx.conn, self.account, self.signal).await?.ok_or(Fault::NotFound { what: "signal" })?;
        if !decided {
            return Err(Fault::Refused(ReviewRefusal::NotContested));
        }
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.account.to_string(),
            permission: Some(READ),
            grant: None,
            detail: json!({ "signal": self.signal, "kind": signal.kind, "upheld": self.upheld }),
        });
        Ok(Contested { signal })
    }
}
