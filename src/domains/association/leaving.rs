//! When a person goes (h36): their signals are forgotten and counted for nobody, and they are associated with nobody.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use diesel::sql_types::Uuid as SqlUuid;

use crate::db::RunQueryDsl;
use crate::db::schema::{association_logins as l, associations as o};
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: None, forget };

// The accounts of a value are counted beside it, in the same statement.
const SIGNALS: &str = "WITH gone AS (DELETE FROM association_signals WHERE account_id = $1 RETURNING value_key)
UPDATE association_degrees d SET degree = d.degree - 1 FROM gone g WHERE g.value_key = d.value_key";

fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        diesel::sql_query(SIGNALS).bind::<SqlUuid, _>(account).execute(conn).await?;
        diesel::delete(l::table.filter(l::account_id.eq(account))).execute(conn).await?;
        diesel::delete(o::table.filter(o::account_id.eq(account).or(o::other_id.eq(account)))).execute(conn).await?;
        Ok(())
    }
    .boxed()
}
