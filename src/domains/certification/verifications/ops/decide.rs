//! The answer to a question, and what follows: the verifier's, or with `decideVerification` an operator's.

use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::store::{self, Verification};
use super::operator;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::events;
use crate::domains::certification::identity::store as identities;
use crate::domains::certification::person::store as sessions;
use crate::domains::certification::reviews;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::VerificationId;
use crate::kernel::{Fault, Instant, Text, names};
use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// The operators who answer.
pub const REVIEW: Number = number("platform.certification.review");

/// What follows for a sub-account. That belongs to `staff`, which stands above; so it is passed in.
pub type StaffDecided = for<'c> fn(
    &'c mut AsyncPgConnection,
    &'c Verification,
    bool,
    Option<&'c str>,
    Instant,
) -> BoxFuture<'c, Result<(), diesel::result::Error>>;

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It is right.
    Passed,
    /// It is wrong.
    Failed,
    /// An operator has to look.
    ToOperators,
}

impl Decision {
    /// For metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::ToOperators => "to_operators",
        }
    }
}

/// Answers a question.
#[derive(Serialize)]
pub struct Decide {
    /// The question.
    pub verification: VerificationId,
    /// Whom it is about, if that is known.
    pub owner: Option<Uuid>,
    /// The answer.
    pub decision: Decision,
    /// Why.
    pub reason: Option<String>,
    /// Whether an operator answers.
    pub by_operator: bool,
    /// For the time of a random review.
    pub roll: u64,
    /// What follows for a sub-account.
    #[serde(skip_serializing)]
    pub staff: StaffDecided,
}

/// It is answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Decided {
    /// The question.
    pub verification: VerificationId,
}

/// Why a question is not answered.
#[derive(Debug)]
pub enum DecideRefusal {
    /// It was.
    Decided,
    /// A reason is missing, or cannot be one.
    Reason,
    /// The same, for looking.
    OpenReason,
    /// Whoever answers has not looked at it.
    OpenFirst,
}

impl Refusal for DecideRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Decided => "ALREADY_DECIDED",
            Self::Reason | Self::OpenReason => "REASON_INVALID",
            Self::OpenFirst => "OPEN_FIRST",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Decided | Self::OpenFirst => &["verificationId"],
            Self::Reason | Self::OpenReason => &["reason"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Decided => Text::new("This was decided already; nothing was changed.", "该审核已有结果,未做修改。"),
            Self::OpenFirst => Text::new(
                "You have not looked at it. Call openVerification and compare; then decide.",
                "您尚未查看该审核材料,请先通过 openVerification 核对后再作出决定。",
            ),
            Self::OpenReason => Text::new(
                "Say in 1 to 200 characters why you look; it stands in the audit trail.",
                "请用 1 到 200 个字符填写查看原因,将记入操作日志。",
            ),
            Self::Reason => {
                Text::new("A refusal needs a reason of 1 to 200 characters.", "拒绝须填写 1 到 200 个字符的原因。")
            }
        }
    }
}

impl Command for Decide {
    const NAME: &'static str = "decideVerification";
    type Output = Decided;
    type Refusal = DecideRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Decided, Fault<DecideRefusal>> {
        let missing = || Fault::NotFound { what: "verification" };
        let by = if self.by_operator {
            tx.permit_platform(REVIEW, &self.verification)?;
            tx.actor()?.login.clone()
        } else {
            "verifier".to_owned()
        };
        let reason = self.reason.as_deref();
        if self.by_operator && (self.decision == Decision::Failed || reason.is_some()) {
            reason.filter(|text| names::is_line(text, 200)).ok_or(Fault::Refused(DecideRefusal::Reason))?;
        }
        let owner = match self.owner {
            Some(owner) => owner,
            None => store::owner(tx.conn, self.verification).await?.ok_or_else(missing)?,
        };
        let asked = store::lock(tx.conn, owner, self.verification).await?.ok_or_else(missing)?;
        if !asked.is_open() || (self.by_operator && asked.state != "MANUAL") {
            return Err(Fault::Refused(DecideRefusal::Decided));
        }
        // Whoever answers has compared name, number and photo, not only what the queue shows of them (requirement 2.4).
        if self.by_operator {
            let operator = operator(tx)?;
            if !store::was_seen_by(tx.conn, &asked, operator).await? {
                return Err(Fault::Refused(DecideRefusal::OpenFirst));
            }
        }
        let chain = match asked.shop_id {
            Some(shop) => Chain::Shop(shop),
            None => Chain::Account(events::account(owner)),
        };
        tx.record(Entry {
            chain: if self.by_operator { Chain::Platform } else { chain },
            target: self.verification.to_string(),
            permission: self.by_operator.then_some(REVIEW),
            grant: None,
            detail: json!({ "kind": asked.kind, "decision": self.decision, "reason": reason }),
        });
        let passed = match self.decision {
            Decision::ToOperators => {
                store::to_operators(tx.conn, &asked, reason.unwrap_or("UNSURE")).await?;
                return Ok(Decided { verification: self.verification });
            }
            decision => decision == Decision::Passed,
        };
        store::decide(tx.conn, &asked, passed, (&by, reason), tx.now).await?;
        if let Some(session) = asked.session_id {
            sessions::decide(tx.conn, (owner, session), passed, reason, tx.now).await?;
        }
        match asked.shop_id {
            Some(_) => (self.staff)(tx.conn, &asked, passed, reason, tx.now).await?,
            None => self.apply(tx, &asked, passed).await?,
        }
        Ok(Decided { verification: self.verification })
    }
}

impl Decide {
    /// What follows for an account.
    async fn apply(&self, tx: &mut Tx<'_>, asked: &Verification, passed: bool) -> Result<(), Fault<DecideRefusal>> {
        let account = events::account(asked.owner_id);
        let certification = identities::lock(tx.conn, account).await?;
        let certification = certification.ok_or_else(|| Fault::internal("an answer about nobody"))?;
        match (asked.kind.as_str(), passed) {
            ("IDENTITY", true) => {
                identities::real_name_passed(tx.conn, account, tx.now).await?;
                tx.emit(events::about(events::REAL_NAME_PASSED, account));
            }
            ("IDENTITY", false) => {
                identities::real_name_failed(tx.conn, account, self.reason.as_deref().unwrap_or("UNKNOWN")).await?;
                // Somebody else may be who this account is not.
                identities::release(tx.conn, account).await?;
                tx.emit(events::about(events::REAL_NAME_FAILED, account));
            }
            (_, true) => {
                let figures = &tx.env.certification;
                let next = reviews::model::next(figures, account, certification.bad_record, self.roll, tx.now);
                identities::real_person_passed(tx.conn, account, tx.now, next).await?;
                reviews::store::close(tx.conn, account, "PASSED", tx.now).await?;
                tx.emit(events::about(events::REAL_PERSON_PASSED, account));
            }
            (_, false) => {
                tx.emit(events::about(events::REAL_PERSON_FAILED, account));
                if reviews::store::close(tx.conn, account, "FAILED", tx.now).await? {
                    identities::suspend(tx.conn, account, tx.now).await?;
                    tx.emit(events::about(events::REVIEW_FAILED, account));
                }
            }
        }
        Ok(())
    }
}
