//! One error shape for every operation: it says whose fault it is.
//!
//! A function whose signature is `Result<T, Fault>` (no `E`) cannot blame the user: [`Infallible`] has no value.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::time::Duration;

use super::Text;

/// A refusal that the rules of an operation foresee. It becomes a `userError` of the payload.
pub trait Refusal: Send + Sync + 'static {
    /// A stable code such as `NAME_TAKEN`.
    fn code(&self) -> &'static str;
    /// The input field at fault, as a path below `input`; empty when it is none in particular.
    fn field(&self) -> &'static [&'static str] {
        &[]
    }
    /// What is wrong and what to do about it.
    fn message(&self) -> Text;
}

impl Refusal for Infallible {
    fn code(&self) -> &'static str {
        match *self {}
    }
    fn message(&self) -> Text {
        match *self {}
    }
}

/// Why an operation did not do what was asked.
#[derive(Debug)]
pub enum Fault<E = Infallible> {
    /// The rules of the operation refuse it: the caller can do something about it.
    Refused(E),
    /// Nobody is logged in, or the token is expired, ended or forged.
    Unauthenticated,
    /// The actor may not do this. Carries what requirement 5.7 wants said.
    Denied(Box<Denial>),
    /// No such record, or not one that the actor may know of: the two look alike (h19).
    NotFound {
        /// The kind of record, e.g. `refund`.
        what: &'static str,
    },
    /// An idempotency key was used before with other content (h04).
    KeyReused,
    /// The input breaks a rule that holds for every operation (keys, pages, text, amounts).
    BadInput {
        /// The argument, as a path.
        field: &'static str,
        /// What is wrong and what to do.
        message: Text,
    },
    /// Too much is under way; the same request can succeed later.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The connection was lost while committing: it may have happened or not. The same idempotency key tells.
    Unknown,
    /// Our fault. Goes to the log; the client gets the request id.
    Internal(Box<dyn StdError + Send + Sync>),
}

/// A denial with everything that lets the actor do something about it (requirement 5.7).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// A stable code: `PERMISSION_MISSING`, `LIMIT_PER_ACTION`, `LIMIT_PER_DAY`, `OUTSIDE_HOURS` …
    pub reason: &'static str,
    /// The permission that was asked for.
    pub permission: String,
    /// What is missing or in the way, in words.
    #[serde(skip)]
    pub message: Option<Text>,
    /// The grant that stood but did not suffice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// The limit that was hit, as a decimal amount or a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// What is left of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    /// When the limit starts afresh, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<String>,
    /// Who can do it in the actor's place: log-in names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_approve: Vec<String>,
    /// Who can grant what is missing: log-in names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_grant: Vec<String>,
    /// The step-up that would turn the answer, e.g. `PASSWORD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up: Option<&'static str>,
    /// The factors of `stepUp` that would help; the actor has each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub step_up_factors: Vec<&'static str>,
    /// The plugin that said no, or that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginWord>,
}

/// What a plugin had to do with a denial.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginWord {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its own number for why, which never changes; 0: none.
    pub reason_code: u32,
    /// Why, in the plugin's own words.
    #[serde(skip)]
    pub reason: Option<Text>,
}

impl<E> Fault<E> {
    /// Wraps an error of ours.
    pub fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// Lets a fault that blames nobody pass where a refusal could stand as well.
    pub fn widen(fault: Fault<Infallible>) -> Self {
        fault.map_refusal(|never| match never {})
    }

    /// Changes the refusal and keeps everything else.
    pub fn map_refusal<F>(self, change: impl FnOnce(E) -> F) -> Fault<F> {
        match self {
            Self::Refused(refusal) => Fault::Refused(change(refusal)),
            Self::Unauthenticated => Fault::Unauthenticated,
            Self::Denied(denial) => Fault::Denied(denial),
            Self::NotFound { what } => Fault::NotFound { what },
            Self::KeyReused => Fault::KeyReused,
            Self::BadInput { field, message } => Fault::BadInput { field, message },
            Self::Busy { retry_after } => Fault::Busy { retry_after },
            Self::Unknown => Fault::Unknown,
            Self::Internal(error) => Fault::Internal(error),
        }
    }
}

impl<E> From<diesel::result::Error> for Fault<E> {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        // What the database cannot do now and can do later. Of the errors without a kind of their own only the text is left.
        const SOON: [&str; 4] =
            ["canceling statement", "deadlock detected", "too many clients", "remaining connection slots"];
        const LATER: [&str; 3] = ["the database system is", "terminating connection", "No space left on device"];
        let busy = |milliseconds| Self::Busy { retry_after: Duration::from_millis(milliseconds) };
        let says = |texts: &[&str], message: &str| texts.iter().any(|text| message.contains(text));
        match &error {
            // A connection that breaks during COMMIT is not told here, but by `db::transaction`, as unknown.
            Error::DatabaseError(Kind::SerializationFailure | Kind::UnableToSendCommand, _) => busy(100),
            Error::DatabaseError(Kind::ReadOnlyTransaction, _) => busy(5_000),
            Error::DatabaseError(_, info) if says(&SOON, info.message()) => busy(1_000),
            Error::DatabaseError(_, info) if says(&LATER, info.message()) => busy(5_000),
            _ => Self::Internal(Box::new(error)),
        }
    }
}
