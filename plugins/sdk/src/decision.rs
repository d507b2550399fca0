//! The answer.

use std::fmt::{self, Write as _};
use std::mem::MaybeUninit;
use std::time::Duration;

use kith_plugin_abi as abi;
use kith_plugin_abi::{Status, effect, limits, obligation, status};

use crate::request::Money;

/// What must hold as well for an allowed use. Kith enforces it with the same machinery as the limits of grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obligation {
    /// The most that this use may move.
    MaxPerAction(Money),
    /// The most that all uses of a day may move together.
    MaxPerDay(Money),
    /// The most that all uses of a month may move together.
    MaxPerMonth(Money),
    /// How often it may be used in a day.
    CountPerDay(i64),
    /// The hours, in minutes of the day of the shop's time zone: from the first up to but without the second.
    Hours {
        /// 0 to 1439.
        from: u16,
        /// 0 to 1440, and not `from`.
        until: u16,
    },
    /// Until when: milliseconds after 1970-01-01T00:00:00Z.
    ValidUntil(i64),
    /// Above this amount the session must be stepped up.
    StepUpAbove(Money),
    /// Above this amount somebody else must approve as well.
    SecondApproverAbove(Money),
}

impl Obligation {
    #[inline]
    fn parts(self) -> (u32, i64, u32) {
        let money = |kind, money: Money| (kind, money.minor, u32::from(money.currency));
        match self {
            Self::MaxPerAction(most) => money(obligation::MAX_PER_ACTION, most),
            Self::MaxPerDay(most) => money(obligation::MAX_PER_DAY, most),
            Self::MaxPerMonth(most) => money(obligation::MAX_PER_MONTH, most),
            Self::CountPerDay(times) => (obligation::COUNT_PER_DAY, times, 0),
            Self::Hours { from, until } => (obligation::HOURS, from.into(), until.into()),
            Self::ValidUntil(ms) => (obligation::VALID_UNTIL, ms, 0),
            Self::StepUpAbove(above) => money(obligation::STEP_UP_ABOVE, above),
            Self::SecondApproverAbove(above) => money(obligation::SECOND_APPROVER_ABOVE, above),
        }
    }
}

/// Yes within obligations, or no with a reason. Its texts share 296 bytes; what does not fit is cut at a character.
/// Nothing is allocated.
#[must_use]
#[derive(Clone, Copy)]
pub struct Decision {
    effect: u32,
    reason_code: u32,
    cache_ttl_ms: u32,
    n_obligations: u32,
    reason_len: usize,
    text_len: usize,
    overflowed: bool,
    // Written up to `n_obligations` and `text_len`; clearing all of it first would cost as much as the whole decision.
    obligations: [MaybeUninit<abi::Obligation>; limits::OBLIGATIONS],
    text: [MaybeUninit<u8>; limits::TEXT],
}

impl Decision {
    #[inline]
    fn new(effect: u32, reason_code: u32) -> Self {
        Self {
            effect,
            reason_code,
            cache_ttl_ms: 0,
            n_obligations: 0,
            reason_len: 0,
            text_len: 0,
            overflowed: false,
            obligations: [const { MaybeUninit::uninit() }; limits::OBLIGATIONS],
            text: [const { MaybeUninit::uninit() }; limits::TEXT],
        }
    }

    /// Yes.
    #[inline]
    pub fn allow() -> Self {
        Self::new(effect::ALLOW, 0)
    }

    /// No. `code` is your own number for why, for your documentation and statistics; `reason` (in English; see
    /// [`Self::zh`]) is shown to the person: say what they can do.
    #[inline]
    pub fn deny(code: u32, reason: impl fmt::Display) -> Self {
        let mut decision = Self::new(effect::DENY, code);
        decision.write(reason);
        decision.reason_len = decision.text_len;
        decision
    }

    /// The reason in Chinese.
    pub fn zh(mut self, reason: impl fmt::Display) -> Self {
        let before = self.text_len;
        self.write(format_args!("\n{reason}"));
        let added = self.text_len - before;
        // The reason stands in front of the texts of obligations.
        self.text[self.reason_len..self.text_len].rotate_right(added);
        for at in 0..self.n_obligations as usize {
            // SAFETY: written up to `n_obligations`.
            let one = unsafe { self.obligations[at].assume_init_mut() };
            one.text_off += u32::from(one.text_len > 0) * small(added);
        }
        self.reason_len += added;
        self
    }

    /// Allows only if this holds as well. There is room for 8; more deny.
    #[inline]
    pub fn oblige(self, obligation: Obligation) -> Self {
        self.push(obligation, 0, 0)
    }

    /// As [`Self::oblige`], with an explanation.
    #[inline]
    pub fn oblige_because(mut self, obligation: Obligation, why: impl fmt::Display) -> Self {
        let from = self.text_len;
        self.write(why);
        let len = self.text_len - from;
        self.push(obligation, if len == 0 { 0 } else { from }, len)
    }

    /// The same request may be answered from memory for so long. Only for decisions that depend on nothing else.
    #[inline]
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cache_ttl_ms = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self
    }

    /// Whether it is a yes.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.effect == effect::ALLOW && !self.overflowed
    }

    /// The number of the reason.
    #[must_use]
    pub fn reason_code(&self) -> u32 {
        self.reason_code
    }

    /// The reason: English, and Chinese after a line feed.
    #[must_use]
    pub fn reason(&self) -> &str {
        std::str::from_utf8(&self.written()[..self.reason_len]).unwrap_or("")
    }

    #[inline]
    fn push(mut self, obligation: Obligation, off: usize, len: usize) -> Self {
        let (kind, value, aux) = obligation.parts();
        match self.obligations.get_mut(self.n_obligations as usize) {
            Some(free) => {
                free.write(abi::Obligation { kind, aux, value, text_off: small(off), text_len: small(len) });
                self.n_obligations += 1;
            }
            None => self.overflowed = true,
        }
        self
    }

    fn write(&mut self, what: impl fmt::Display) {
        // Only a `Display` that fails by itself gets here; the decision stands without the rest of its words.
        let _ = write!(Words(self), "{what}");
    }

    #[inline]
    fn written(&self) -> &[u8] {
        // SAFETY: bytes, written up to `text_len`.
        unsafe { self.text[..self.text_len].assume_init_ref() }
    }

    /// Writes the answer into the host's memory; with too many obligations an error, and the memory is untouched.
    #[doc(hidden)]
    #[inline]
    pub fn write_to(&self, to: &mut abi::Decision) -> Status {
        if self.overflowed {
            return status::ERROR;
        }
        // Most answers are a bare yes.
        if self.n_obligations > 0 {
            for (to, from) in to.obligations.iter_mut().zip(&self.obligations[..self.n_obligations as usize]) {
                // SAFETY: written up to `n_obligations`.
                *to = unsafe { from.assume_init() };
            }
        }
        if self.text_len > 0 {
            to.text[..self.text_len].copy_from_slice(self.written());
        }
        to.reason_code = self.reason_code;
        to.cache_ttl_ms = self.cache_ttl_ms;
        to.n_obligations = self.n_obligations;
        to.text_len = small(self.reason_len);
        to.effect = self.effect;
        status::OK
    }
}

/// Every length here is at most 296.
#[inline]
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(0)
}

/// Appends to the text of a decision, as far as there is room.
struct Words<'a>(&'a mut Decision);

impl fmt::Write for Words<'_> {
    #[inline]
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let free = limits::TEXT - self.0.text_len;
        let fits = &more[..more.floor_char_boundary(free)];
        let from = self.0.text_len;
        self.0.text[from..from + fits.len()].write_copy_of_slice(fits.as_bytes());
        self.0.text_len += fits.len();
        // A cut ends the text: what comes later must not follow the gap.
        if fits.len() < more.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("allowed", &self.is_allowed())
            .field("reason_code", &self.reason_code)
            .field("reason", &self.reason())
            .field("n_obligations", &self.n_obligations)
            .finish_non_exhaustive()
    }
}
