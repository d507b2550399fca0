//! Who a subscription belongs to, asked anew while it is open (requirement 5.5: "for open subscriptions too").
//!
//! A request knows its actor from the moment it began; a subscription outlives that moment. The edge puts one of these
//! into the data of every operation, beside the request's context; a subscription asks it before every delivery.

use std::sync::Arc;

use async_graphql::Context;
use futures_util::future::BoxFuture;

use crate::kernel::fault::Denial;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject, Text};
use crate::permissions::Actor;

/// Looks a session up again.
pub trait Recheck: Send + Sync + 'static {
    /// The actor as of now, by what the database says its session stands by now.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`] when the session has ended, its account is disabled, or there was none.
    fn actor(&self) -> BoxFuture<'_, Result<Arc<Actor>, Fault>>;
}

/// How it stands in the data of an operation: `request.data(SharedRecheck)`.
pub type SharedRecheck = Arc<dyn Recheck>;

/// That of an operation.
///
/// # Errors
/// Ours: the edge put none there.
pub fn of(ctx: &Context<'_>) -> Result<SharedRecheck, Fault> {
    ctx.data_opt::<SharedRecheck>().cloned().ok_or_else(|| Fault::internal("the operation has no recheck"))
}

/// Whether the session of a subscription still is one of an account, which follows what is its own.
///
/// # Errors
/// A denial with the reason `SESSION_ENDED`; the database's fault.
pub async fn still_own(recheck: &SharedRecheck, account: AccountId) -> Result<(), Fault> {
    let recheck = Arc::clone(recheck);
    match by_itself(async move { recheck.actor().await }).await {
        Ok(actor) if actor.subject == (Subject::Account { id: account }) => Ok(()),
        Ok(_) | Err(Fault::Unauthenticated) => {
            let message = Some(SESSION_ENDED.clone());
            Err(Fault::Denied(Box::new(Denial { reason: "SESSION_ENDED", message, ..Denial::default() })))
        }
        Err(fault) => Err(fault),
    }
}

/// Drives what holds a connection in a task of its own: a reader that is too slow to ask for the next thing must not keep a
/// connection of the pool in the middle of a statement.
///
/// # Errors
/// Those of `work`.
pub async fn by_itself<T: Send + 'static>(
    work: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    tokio::spawn(work).await.map_err(Fault::internal)?
}

/// What a subscription ends with whose session is over; its reason is `SESSION_ENDED`.
pub const SESSION_ENDED: Text = Text::new(
    "Your session is over, so this subscription has ended. Log in again and subscribe anew.",
    "会话已失效,订阅已结束。请重新登录后再订阅。",
);
