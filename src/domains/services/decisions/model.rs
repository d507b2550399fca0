//! Questions and decisions. Pure.

use crate::kernel::fault::Denial;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Currency, Money, Text};
use crate::permissions::Constraints;
use crate::permissions::arbiter::Facts;
use crate::permissions::catalogue::Entry;
use crate::permissions::constraints::clock_time;
use crate::permissions::explain::Explanation;

/// The most questions of one request.
pub const MOST: usize = 100;

/// May this sub-account do this?
#[derive(Debug, Clone)]
pub struct Question {
    /// The sub-account's id, as it was given.
    pub subject: String,
    /// The code of what.
    pub action: String,
    /// On what: a kind and an id. One of the kind `shop` must be the subject's shop; others are for the service to know.
    pub resource: Option<(String, String)>,
    /// How much it would move.
    pub amount: Option<WrittenAmount>,
    /// What the service is told besides.
    pub facts: Facts,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Yes or no.
    pub allowed: bool,
    /// A stable code for a no: `NOT_FOUND`, `PERMISSION_MISSING`, `LIMIT_PER_DAY`, `PLUGIN_DENIED` …
    pub reason: Option<&'static str>,
    /// The no in words.
    pub message: Option<Text>,
    /// What a yes comes with.
    pub obligations: Vec<Obligation>,
    /// How it came about; nothing about what does not exist.
    pub explanation: Option<Explanation>,
}

/// Something that a yes comes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// `SECOND_APPROVER`, or a limit that holds: `PER_ACTION`, `PER_DAY`, `PER_MONTH`, `COUNT_PER_DAY`, `HOURS`,
    /// `VALID_UNTIL`, `ON_SHIFT`, `STEP_UP_ABOVE`, `SECOND_APPROVER_ABOVE`.
    pub kind: &'static str,
    /// The figure, as a decimal amount, a count, a span or a moment; empty for `SECOND_APPROVER`.
    pub value: String,
    /// Whose it is: `grant`, or the id of a plugin.
    pub source: String,
}

impl Decision {
    /// What does not exist, or is not for the one who asks to know of.
    #[must_use]
    pub fn unknown() -> Self {
        let message = Text::new(
            "There is no such sub-account, permission or resource, or it is not yours to ask about.",
            "子账号、权限或资源不存在,或无权查询。",
        );
        Self::refused("NOT_FOUND", message)
    }

    /// A no for a reason of the question's own.
    #[must_use]
    pub fn refused(reason: &'static str, message: Text) -> Self {
        Self {
            allowed: false,
            reason: Some(reason),
            message: Some(message),
            obligations: Vec::new(),
            explanation: None,
        }
    }
}

/// The denial of a use that a second person must approve: nothing that a service does waits for one.
#[must_use]
pub fn needs_second(entry: &Entry) -> Denial {
    Denial {
        reason: "SECOND_APPROVER_NEEDED",
        permission: entry.code.to_owned(),
        message: Some(Text::new(
            "Above this amount a second person must approve, and a service cannot ask one. Use a smaller amount, or raise secondApproverAbove.",
            "超过该金额需要第二人审批,服务无法代为发起。请减小金额,或调高 secondApproverAbove。",
        )),
        ..Denial::default()
    }
}

/// The limits of a source, as obligations.
#[must_use]
pub fn obligations(limits: &Constraints, currency: Currency, source: &str) -> Vec<Obligation> {
    let money = |minor| Money::new(minor, currency).decimal();
    let all = [
        ("PER_ACTION", limits.per_action.map(money)),
        ("PER_DAY", limits.per_day.map(money)),
        ("PER_MONTH", limits.per_month.map(money)),
        ("COUNT_PER_DAY", limits.count_per_day.map(|count| count.to_string())),
        ("HOURS", limits.hours.map(|hours| format!("{}-{}", clock_time(hours.from), clock_time(hours.until)))),
        ("VALID_UNTIL", limits.valid_until.map(|at| at.to_rfc3339())),
        ("ON_SHIFT", limits.on_shift.then(|| "true".to_owned())),
        ("STEP_UP_ABOVE", limits.step_up_above.map(money)),
        ("SECOND_APPROVER_ABOVE", limits.second_approver_above.map(money)),
    ];
    let some = all.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    some.map(|(kind, value)| Obligation { kind, value, source: source.to_owned() }).collect()
}
