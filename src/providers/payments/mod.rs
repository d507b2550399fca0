//! The payment gateway: what cards are asked.
//!
//! The worker asks it, never a transaction. Each request has a key, the same for every try, so that the gateway does it
//! once; what a request came to that was not answered is asked by [`Gateway::query`] until it is known. The one for
//! production posts signed requests ([`http`]); the built-in one ([`demo`]) answers by the number of the card.

pub mod demo;
pub mod holders;
pub mod http;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::kernel::Money;
use crate::telemetry::Secret;

/// What the gateway did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It holds, took or gave back the money; its own name for that.
    Yes {
        /// The name.
        reference: String,
    },
    /// It will not, and never does with this key.
    Declined {
        /// Why, as a stable word.
        why: String,
    },
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The gateway never saw it.
    Unseen,
    /// The money is held.
    Authorised {
        /// The gateway's name for it.
        reference: String,
    },
    /// The money is taken.
    Captured {
        /// The gateway's name for it.
        reference: String,
    },
    /// The hold was let go.
    Voided,
    /// It was declined.
    Declined {
        /// Why, as a stable word.
        why: String,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayError {
    /// It may have been done or not: ask for it.
    Unknown {
        /// What, as a stable word.
        what: &'static str,
    },
    /// It was not done, and can be later.
    Later {
        /// What, as a stable word.
        what: &'static str,
        /// How long to wait, if that is known.
        wait: Option<Duration>,
    },
    /// There is no gateway.
    NotConfigured,
}

/// A hold on a card's money.
#[derive(Debug, Clone)]
pub struct Hold {
    /// The key.
    pub key: String,
    /// The card, as the vault's token.
    pub token: Secret<String>,
    /// How much.
    pub money: Money,
}

/// Asks for money of cards. No call waits longer than the configuration says.
pub trait Gateway: Send + Sync + 'static {
    /// Holds the money of a card.
    fn authorise<'a>(&'a self, hold: &'a Hold) -> BoxFuture<'a, Result<Done, GatewayError>>;
    /// Takes the money that is held under a key.
    fn capture<'a>(
        &'a self,
        key: &'a str,
        reference: &'a str,
        money: Money,
    ) -> BoxFuture<'a, Result<Done, GatewayError>>;
    /// Lets go what is held under a key; a key that was never seen will never hold anything.
    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Done, GatewayError>>;
    /// Gives back part of what was taken under a key; `refund` is the key of the giving back.
    fn refund<'a>(
        &'a self,
        refund: &'a str,
        key: &'a str,
        reference: &'a str,
        money: Money,
    ) -> BoxFuture<'a, Result<Done, GatewayError>>;
    /// What became of a key of [`Gateway::authorise`] and [`Gateway::capture`].
    fn query<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Known, GatewayError>>;
}

/// Asks nobody, and says so.
pub struct NoGateway;

impl Gateway for NoGateway {
    fn authorise<'a>(&'a self, _hold: &'a Hold) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async { Err(GatewayError::NotConfigured) }.boxed()
    }
    fn capture<'a>(&'a self, _: &'a str, _: &'a str, _: Money) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async { Err(GatewayError::NotConfigured) }.boxed()
    }
    fn void<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async { Err(GatewayError::NotConfigured) }.boxed()
    }
    fn refund<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str, _: Money) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async { Err(GatewayError::NotConfigured) }.boxed()
    }
    fn query<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Known, GatewayError>> {
        async { Err(GatewayError::NotConfigured) }.boxed()
    }
}
