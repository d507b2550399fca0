//! When a person goes (h36): links that stand are ended first, by whoever has them; names and numbers of the others are forgotten.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::family_links as f;
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::ids::AccountId;
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: Some(stays), forget };

fn stays(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<Option<Text>>> {
    async move {
        let of_account = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
        let stands = f::table.filter(of_account.and(f::state.eq("ACCEPTED")));
        let stands: bool = diesel::select(diesel::dsl::exists(stands)).get_result(conn).await?;
        Ok(stands.then(|| {
            Text::new(
                "End your family links first (endFamilyLink): what is paid on them ends with them.",
                "请先解除亲情号(endFamilyLink),相关亲密付将随之结束。",
            )
        }))
    }
    .boxed()
}

fn forget(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        diesel::update(f::table.filter(f::inviter_account_id.eq(account).and(f::state.eq("PENDING"))))
            .set((f::state.eq("REVOKED"), f::decided_at.eq(now)))
            .execute(conn)
            .await?;
        let none = || None::<Vec<u8>>;
        let of_account = f::inviter_account_id.eq(account).or(f::relative_account_id.eq(account));
        diesel::update(f::table.filter(of_account))
            .set((f::relative_name.eq("***"), f::phone.eq(none()), f::phone_key.eq(none())))
            .execute(conn)
            .await?;
        Ok(())
    }
    .boxed()
}
