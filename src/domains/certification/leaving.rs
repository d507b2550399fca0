//! When a person goes (h36): who they were is forgotten, and the identity is free for another account.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::{
    certifications as c, creators, identity_keys as k, person_sessions as s, reviews, verifications as v,
};
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, TypedId};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: None, forget };

fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        diesel::delete(k::table.filter(k::account_id.eq(account))).execute(conn).await?;
        diesel::delete(v::table.filter(v::owner_id.eq(account.uuid()))).execute(conn).await?;
        diesel::delete(reviews::table.filter(reviews::account_id.eq(account))).execute(conn).await?;
        diesel::delete(creators::table.filter(creators::account_id.eq(account))).execute(conn).await?;
        diesel::delete(c::table.find(account)).execute(conn).await?;
        // The worker deletes photos by the age of their answer: these it finds with its next round, answered or not.
        diesel::update(s::table.filter(s::owner_id.eq(account.uuid())))
            .set((s::created_at.eq(Instant::UNIX_EPOCH), s::decided_at.eq(Instant::UNIX_EPOCH)))
            .execute(conn)
            .await?;
        Ok(())
    }
    .boxed()
}
