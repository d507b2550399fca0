//! The guards that `#[guarded]` puts in front of resolvers.
//!
//! A guard decides nothing: it hands what is needed to the request's context, which holds the actor and its
//! permission set, and passes on the answer. A request without a context is denied like one without a right.
//!
#![doc = include_str!("guard.md")]

use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Guard, Result};

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;

use super::context::RequestContext;
use super::errors;
use crate::kernel::{Fault, Instant};
use crate::permissions::Actor;

/// What a field requires. The numbers are those of the permission catalogue, looked up while compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// All of these permissions.
    All(&'static [u16]),
    /// At least one of these permissions.
    Any(&'static [u16]),
    /// Somebody who is logged in.
    Login,
    /// An account in its own name, no sub-account.
    Account,
    /// A third-party service with a token of its own, or somebody who is logged in.
    Service,
}

/// Passes holders of all the permissions: `#[requires("a.b", "c.d")]`.
#[must_use]
pub fn permission(numbers: &'static [u16]) -> impl Guard {
    Need::All(numbers)
}

/// Passes holders of at least one of the permissions: `#[requires(any("a.b", "c.d"))]`.
#[must_use]
pub fn permissions_any(numbers: &'static [u16]) -> impl Guard {
    Need::Any(numbers)
}

/// Passes whoever is logged in: `#[requires(login)]`.
#[must_use]
pub fn login() -> impl Guard {
    Need::Login
}

/// Passes accounts in their own name: `#[requires(account)]`.
#[must_use]
pub fn account() -> impl Guard {
    Need::Account
}

/// Passes accounts in their own name whose session was stepped up within so many minutes:
/// `#[requires(account, step_up_minutes = 15)]`.
#[must_use]
pub fn stepped_up(minutes: i32) -> impl Guard {
    SteppedUp { minutes }
}

/// Looks whether a session was stepped up within an age, and gives the denial that names the factors that would help. A
/// [part](crate::command::Parts): which factors there are, a domain knows.
pub type StepUpCheck = for<'a> fn(
    &'a mut AsyncPgConnection,
    &'a Actor,
    TimeDelta,
    Instant,
) -> BoxFuture<'a, std::result::Result<(), Fault>>;

struct SteppedUp {
    minutes: i32,
}

impl Guard for SteppedUp {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        Need::Account.check(ctx).await?;
        let request = RequestContext::of(ctx)?;
        request.stepped_up(TimeDelta::minutes(self.minutes.into())).await.map_err(|f| errors::to_client(f, request))
    }
}

/// Passes third-party services with a token of their own, and whoever is logged in: `#[requires(service)]`.
#[must_use]
pub fn service() -> impl Guard {
    Need::Service
}

impl Guard for Need {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let request = RequestContext::of(ctx)?;
        let field = ctx.item.node.name.node.as_str();
        let mutation = ctx.path_node.filter(|node| node.parent.is_none()).map(|_| field);
        let mutation = mutation.filter(|_| ctx.query_env.operation.node.ty == OperationType::Mutation);
        if request.meets(*self) {
            // Of a mutation the command asks plugins, which knows what is moved.
            if mutation.is_some() || !request.is_advised(*self) {
                return Ok(());
            }
            // async-graphql tells a guard no type; of a root field it is known.
            let root = ctx.path_node.is_some_and(|node| node.parent.is_none());
            let parent = match ctx.query_env.operation.node.ty {
                _ if !root => "",
                OperationType::Query => "Query",
                OperationType::Mutation => "Mutation",
                OperationType::Subscription => "Subscription",
            };
            let advised = request.advise(*self, parent, field).await;
            return advised.map_err(|fault| errors::to_client(fault, request));
        }
        Err(errors::to_client(request.refuse(*self, mutation).await, request))
    }
}
