//! Text messages and e-mails.
//!
//! A command queues a message in its own transaction ([`crate::command::messages`]); the worker hands it to a
//! [`MessageSender`]. The one for production posts signed requests to a gateway ([`http`]), through a circuit breaker
//! ([`breaker`](crate::providers::breaker)); the built-in one writes to an outbox that demo mode shows ([`dev`]).

pub mod dev;
pub mod http;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::kernel::ids::MessageId;
use crate::telemetry::Secret;

/// The way of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    /// A text message to a phone.
    Sms,
    /// An e-mail.
    Email,
}

impl Channel {
    /// As the database and the gateway have it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Email => "EMAIL",
        }
    }

    /// Reads what [`Channel::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sms, Self::Email].into_iter().find(|channel| channel.text() == text)
    }
}

/// A message on its way out. Its `Debug` shows neither recipient nor text.
#[derive(Debug, Clone)]
pub struct Message {
    /// The id: the same for every try, so that a gateway sends it once.
    pub id: MessageId,
    /// The way.
    pub channel: Channel,
    /// What kind of message it is, e.g. `code.bind`.
    pub template: String,
    /// A number in E.164, or an e-mail address.
    pub to: Secret<String>,
    /// What it says.
    pub text: Secret<String>,
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The gateway will never take this recipient.
    RecipientRefused,
    /// Something is wrong between us and the gateway; the same message can go later.
    Provider {
        /// What, as a stable word.
        what: &'static str,
    },
    /// The gateway failed so often that it is left alone for a while. Nothing was tried.
    Resting {
        /// How long.
        left: Duration,
    },
    /// No way of sending is configured.
    NotConfigured,
}

impl SendError {
    /// The stable word that is kept with the message and shown to operators.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::RecipientRefused => "RECIPIENT_REFUSED",
            Self::Provider { what } => what,
            Self::Resting { .. } => "GATEWAY_RESTING",
            Self::NotConfigured => "NOT_CONFIGURED",
        }
    }
}

/// Sends messages.
pub trait MessageSender: Send + Sync + 'static {
    /// Sends one message. Waits no longer than the configuration says.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>>;
}

/// Sends nothing, and says so: when no gateway is configured.
pub struct NoSender;

impl MessageSender for NoSender {
    fn send<'a>(&'a self, _message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        async { Err(SendError::NotConfigured) }.boxed()
    }
}
