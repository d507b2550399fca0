//! What the domains have to say when a person goes (h36): what must be settled first, and what is forgotten.

use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;

use crate::kernel::ids::AccountId;
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// Something of the account that its owner has to end first, in words. What depends on others must have an end of its own: nobody
/// is held for ever.
pub type Stays = for<'a> fn(&'a mut AsyncPgConnection, AccountId, Instant) -> BoxFuture<'a, Sql<Option<Text>>>;
/// Deletes whatever says who the person was. What others have a right to keep, as the movements of money, stays.
pub type Forget = for<'a> fn(&'a mut AsyncPgConnection, AccountId, Instant) -> BoxFuture<'a, Sql<()>>;

/// What one domain has to say.
#[derive(Clone, Copy)]
pub struct Leaving {
    /// What must be ended first, if anything can.
    pub stays: Option<Stays>,
    /// What is forgotten.
    pub forget: Forget,
}

/// What the domains have to say; the composition root collects them, as this domain knows none of the others.
pub struct Farewells(pub Vec<Leaving>);
