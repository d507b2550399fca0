//! Looks the session of an open subscription up again (requirement 5.5).

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::command::Door;
use crate::domains::accounts::sessions::authenticate;
use crate::domains::accounts::token::Token;
use crate::graphql::recheck::{Recheck, SharedRecheck};
use crate::kernel::Fault;
use crate::permissions::Actor;

struct LiveSession {
    door: Arc<Door>,
    /// Read when it is asked for: most operations never do.
    authorization: Option<String>,
}

/// The recheck of an `Authorization` header. Without a usable one nobody is ever allowed anything.
#[must_use]
pub fn of(door: &Arc<Door>, authorization: Option<String>) -> SharedRecheck {
    Arc::new(LiveSession { door: Arc::clone(door), authorization })
}

impl Recheck for LiveSession {
    fn actor(&self) -> BoxFuture<'_, Result<Arc<Actor>, Fault>> {
        async move {
            let token = self.authorization.as_deref().and_then(Token::of_header).ok_or(Fault::Unauthenticated)?;
            let actor = authenticate(&self.door.db, &self.door.sets, &token.hash(), self.door.clock.now()).await?;
            actor.ok_or(Fault::Unauthenticated)
        }
        .boxed()
    }
}
