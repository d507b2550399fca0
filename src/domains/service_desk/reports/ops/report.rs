//! `reportMessage`: somebody reports a message that they do not want (requirement 3.14).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::accounts::own;
use crate::domains::notifications::store as notifications;
use crate::domains::service_desk::messages::store as messages;
use crate::domains::service_desk::reports::store::{self, Report};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, ChatMessageId, MessageReportId, NotificationId};
use crate::kernel::{Fault, Text, names};

/// Characters of a remark at most.
pub const LONGEST_REMARK: usize = 500;

/// Why a message is unwanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "MessageReportReason")]
pub enum Reason {
    /// Advertising that nobody asked for.
    Spam,
    /// It wants money or data by deceit.
    Fraud,
    /// It insults or threatens.
    Abuse,
    /// Something else.
    Other,
}

impl Reason {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Spam => "SPAM",
            Self::Fraud => "FRAUD",
            Self::Abuse => "ABUSE",
            Self::Other => "OTHER",
        }
    }

    /// Reads what [`Reason::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Spam, Self::Fraud, Self::Abuse, Self::Other].into_iter().find(|reason| reason.text() == text)
    }
}

/// Reports a message.
#[derive(Debug, Serialize)]
pub struct ReportMessage {
    /// The message: of the inbox, or of a conversation.
    pub message: String,
    /// Why.
    pub reason: Reason,
    /// What else there is to say.
    pub remark: String,
}

/// The case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reported {
    /// The report.
    pub report: Report,
}

/// Why it is not reported.
#[derive(Debug)]
pub enum ReportRefusal {
    /// A remark that is too long or has hidden characters.
    RemarkInvalid,
    /// It was reported before.
    Already,
    /// The reporter wrote it.
    OwnMessage,
    /// It is closed already.
    Closed,
}

impl Refusal for ReportRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::RemarkInvalid => "REMARK_INVALID",
            Self::Already => "ALREADY_REPORTED",
            Self::OwnMessage => "OWN_MESSAGE",
            Self::Closed => "REPORT_CLOSED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::RemarkInvalid => &["remark"],
            Self::Already | Self::OwnMessage => &["messageId"],
            Self::Closed => &["reportId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::RemarkInvalid => Text::new(
                "A remark has at most 500 characters; to close a report, at least one.",
                "说明最多 500 个字符;结案时至少填写 1 个字符。",
            ),
            Self::Already => Text::new(
                "You have reported this message; an operator will look at it.",
                "您已举报该消息,平台将进行核实。",
            ),
            Self::OwnMessage => Text::new("You wrote this yourself.", "这是您自己发送的消息。"),
            Self::Closed => Text::new("This report is closed already.", "该举报已结案。"),
        }
    }
}

impl Command for ReportMessage {
    const NAME: &'static str = "reportMessage";
    type Output = Reported;
    type Refusal = ReportRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reported, Fault<ReportRefusal>> {
        let account = own::of_command(tx)?;
        let remark = self.remark.trim();
        if !remark.is_empty() && !names::is_prose(remark, LONGEST_REMARK) {
            return Err(Fault::Refused(ReportRefusal::RemarkInvalid));
        }
        let body = self.body(tx, account).await?;
        let report = Report {
            account_id: account,
            id: MessageReportId::generate(),
            message: self.message.clone(),
            reason: self.reason.text().to_owned(),
            remark: remark.to_owned(),
            body,
            state: "OPEN".to_owned(),
            reported_at: tx.now,
            closed_at: None,
            finding: None,
        };
        if !store::insert(tx.conn, &report).await? {
            return Err(Fault::Refused(ReportRefusal::Already));
        }
        tx.record(Entry {
            chain: Chain::Account(account),
            target: report.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "message": report.message, "reason": report.reason }),
        });
        let payload = json!({ "report": report.id, "reason": report.reason });
        tx.emit(Event { topic: "message.reported", shop: None, payload });
        Ok(Reported { report })
    }
}

impl ReportMessage {
    /// What the message said, sealed as it is kept. One that the reporter cannot see does not exist (h19).
    async fn body(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Vec<u8>>, Fault<ReportRefusal>> {
        let not_found = || Fault::NotFound { what: "message" };
        if let Ok(id) = self.message.parse::<NotificationId>() {
            return if notifications::exists(tx.conn, account, id).await? { Ok(None) } else { Err(not_found()) };
        }
        let id = self.message.parse::<ChatMessageId>().map_err(|_| not_found())?;
        let (message, conversation) = messages::message(tx.conn, id).await?.ok_or_else(not_found)?;
        if conversation.buyer_id != account || !message.arrived {
            return Err(not_found());
        }
        if message.from_buyer {
            return Err(Fault::Refused(ReportRefusal::OwnMessage));
        }
        Ok(Some(message.body))
    }
}
