//! `contestAssociationSignal`: the owner says that a signal is wrong, and it does not count any more (requirement 1.5).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::own;
use crate::domains::association::signals::store::{self, Signal};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SignalId;
use crate::kernel::{Fault, Text, names};

/// The longest reason.
pub const LONGEST_REASON: usize = 500;

/// Contests a signal of one's own account.
#[derive(Debug, Serialize)]
pub struct ContestSignal {
    /// The signal.
    pub signal: SignalId,
    /// Why, in the owner's words.
    pub reason: String,
}

/// The signal as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contested {
    /// The signal.
    pub signal: Signal,
}

/// Why it is not contested.
#[derive(Debug)]
pub enum ContestRefusal {
    /// No reason, or one that is too long.
    ReasonInvalid,
    /// It is contested already.
    Already,
    /// An operator looked at the contest and upheld the signal.
    Decided,
}

impl Refusal for ContestRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::ReasonInvalid => "REASON_INVALID",
            Self::Already => "ALREADY_CONTESTED",
            Self::Decided => "CONTEST_DECIDED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::ReasonInvalid => &["reason"],
            Self::Already | Self::Decided => &["signalId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::ReasonInvalid => {
                Text::new("Say in 1 to 500 characters why the signal is wrong.", "请用 1 到 500 个字符说明原因。")
            }
            Self::Already => Text::new(
                "The signal is contested already and does not count; an operator will look at it.",
                "该信号已提出异议,目前不计入;平台将进行核实。",
            ),
            Self::Decided => Text::new(
                "An operator has looked at this contest and decided it. Ask support if something is new.",
                "平台已对该异议作出处理,如有新情况请联系客服。",
            ),
        }
    }
}

impl Command for ContestSignal {
    const NAME: &'static str = "contestAssociationSignal";
    type Output = Contested;
    type Refusal = ContestRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Contested, Fault<ContestRefusal>> {
        let account = own::of_command(tx)?;
        if !names::is_prose(&self.reason, LONGEST_REASON) {
            return Err(Fault::Refused(ContestRefusal::ReasonInvalid));
        }
        let contested = store::contest(tx.conn, account, self.signal, tx.now).await?;
        let signal = store::get(tx.conn, account, self.signal).await?.ok_or(Fault::NotFound { what: "signal" })?;
        if !contested {
            let refusal = if signal.upheld.is_some() { ContestRefusal::Decided } else { ContestRefusal::Already };
            return Err(Fault::Refused(refusal));
        }
        tx.record(Entry {
            chain: Chain::Account(account),
            target: self.signal.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": signal.kind, "reason": self.reason }),
        });
        let payload = json!({ "account": account, "signal": self.signal });
        tx.emit(Event { topic: "association.contested", shop: None, payload });
        Ok(Contested { signal })
    }
}
