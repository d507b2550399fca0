//! When a person goes (h36): whoever manages shops for others leaves them first.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::sub_accounts as s;
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::ids::AccountId;
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: Some(stays), forget };

fn stays(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<Option<Text>>> {
    async move {
        let seats = s::table.filter(s::linked_account_id.eq(account).and(s::state.eq("ACTIVE")));
        let seats: bool = diesel::select(diesel::dsl::exists(seats)).get_result(conn).await?;
        Ok(seats.then(|| {
            Text::new(
                "You manage shops for others: have them depart you first.",
                "您仍在管理他人店铺,请先由店铺将您设为离职。",
            )
        }))
    }
    .boxed()
}

fn forget(_conn: &mut AsyncPgConnection, _account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async { Ok(()) }.boxed()
}
