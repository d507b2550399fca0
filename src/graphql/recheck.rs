//! Who a subscription belongs to, asked anew while it is open (requirement 5.5: "for open subscriptions too").
//!
//! A request knows its actor from the moment it began; a subscription outlives that moment. The edge puts one of these
//! into the data of every operation, beside the request's context; a subscription asks it before every delivery.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::kernel::Fault;
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
