//! An answer that can be relied on: either what the plugin said, checked whole, or a denial that says why the plugin was
//! not heard.

use std::fmt;

use kith_plugin_abi::{BadAnswer, Decision, Obligation, Status};

/// Why a plugin's answer does not count. The verdict is a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It returned a status other than 0; −2: it panicked.
    Status(Status),
    /// The answer breaks the contract.
    Answer(BadAnswer),
    /// It did not answer in time.
    Deadline,
    /// Its process ended, or was ended, before it answered.
    Crashed,
    /// It is not running: restarting, broken off, quarantined or stopped.
    Unavailable,
    /// Too much is under way.
    Overloaded,
    /// The request is beyond what a frame can carry.
    TooLarge,
}

impl Fault {
    /// A stable name for audit, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status(-2) => "panicked",
            Self::Status(_) => "failed",
            Self::Answer(_) => "bad_answer",
            Self::Deadline => "deadline",
            Self::Crashed => "crashed",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::TooLarge => "too_large",
        }
    }
}

/// A decision whose every part was checked, or a denial with a [`Fault`].
#[derive(Clone, Copy)]
pub struct Verdict {
    decision: Decision,
    fault: Option<Fault>,
}

impl Verdict {
    /// A denial for which the plugin is to blame, or the host.
    #[must_use]
    pub const fn fault_of(fault: Fault) -> Self {
        Self { decision: Decision::DENY, fault: Some(fault) }
    }

    /// Checks what a plugin wrote.
    #[must_use]
    pub fn of(status: Status, decision: &Decision) -> Self {
        match judge(status, decision) {
            None => Self { decision: *decision, fault: None },
            Some(fault) => Self::fault_of(fault),
        }
    }

    /// Memory to answer into.
    pub(crate) fn blank() -> Self {
        Self { decision: Decision::DENY, fault: None }
    }

    pub(crate) fn decision_mut(&mut self) -> &mut Decision {
        &mut self.decision
    }

    /// Checks what was written in place.
    ///
    /// Not inlined: then the caller's verdict stays where it is. Inlined, the compiler copies all of it once more, right
    /// after the plugin wrote parts of it: 30 ns a call in place of 16.
    #[inline(never)]
    pub(crate) fn settle(&mut self, status: Status) {
        if let Some(fault) = judge(status, &self.decision) {
            *self = Self::fault_of(fault);
        }
    }

    /// Whether it may be done, within the obligations.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.fault.is_none() && self.decision.effect == kith_plugin_abi::effect::ALLOW
    }

    /// Why the plugin's answer does not count; `None` when it does.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The plugin's own number for why; 0: none.
    #[must_use]
    pub fn reason_code(&self) -> u32 {
        self.decision.reason_code
    }

    /// The plugin's words for why, English and optionally a line feed and Chinese; may be empty. Third-party text: show
    /// it as a quotation.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.decision.verdict().map_or("", |v| v.reason())
    }

    /// How long the same answer holds for the same request, in milliseconds; 0: not at all.
    #[must_use]
    pub fn cache_ttl_ms(&self) -> u32 {
        self.decision.cache_ttl_ms
    }

    /// What must hold as well. The host enforces it.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        self.decision.obligations.get(..self.decision.n_obligations as usize).unwrap_or(&[])
    }

    /// The explanation of one of [`Self::obligations`]; may be empty.
    #[must_use]
    pub fn text_of(&self, obligation: &Obligation) -> &str {
        self.decision.verdict().map_or("", |v| v.text_of(obligation))
    }

    /// The checked decision as it stands, for putting it into a frame.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }
}

#[inline]
fn judge(status: Status, decision: &Decision) -> Option<Fault> {
    if status != kith_plugin_abi::status::OK {
        return Some(Fault::Status(status));
    }
    decision.verdict().err().map(Fault::Answer)
}

/// Two verdicts are equal when everything a caller can see of them is.
impl PartialEq for Verdict {
    fn eq(&self, other: &Self) -> bool {
        self.allowed() == other.allowed()
            && self.fault == other.fault
            && self.reason_code() == other.reason_code()
            && self.cache_ttl_ms() == other.cache_ttl_ms()
            && self.reason() == other.reason()
            && self.obligations().len() == other.obligations().len()
            && self.obligations().iter().zip(other.obligations()).all(|(a, b)| {
                (a.kind, a.aux, a.value) == (b.kind, b.aux, b.value) && self.text_of(a) == other.text_of(b)
            })
    }
}

impl Eq for Verdict {}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("allowed", &self.allowed())
            .field("fault", &self.fault)
            .field("reason_code", &self.reason_code())
            .field("reason", &self.reason())
            .field("obligations", &self.obligations())
            .finish()
    }
}
