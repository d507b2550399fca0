//! When a person goes (h36): their payment password is forgotten. Relations end with the family links that they stand on.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::payment_passwords as w;
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: None, forget };

fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move { diesel::delete(w::table.find(account)).execute(conn).await.map(|_| ()) }.boxed()
}
