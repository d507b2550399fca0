//! When a person goes (h36): their inbox goes along.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::{inboxes as i, notification_messages as b, notification_mutes as m, notifications as n};
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// Deletes the inbox of an account, with its settings.
pub fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        diesel::delete(n::table.filter(n::account_id.eq(account))).execute(conn).await?;
        diesel::delete(m::table.filter(m::account_id.eq(account))).execute(conn).await?;
        diesel::delete(b::table.filter(b::account_id.eq(account))).execute(conn).await?;
        diesel::delete(i::table.find(account)).execute(conn).await?;
        Ok(())
    }
    .boxed()
}
