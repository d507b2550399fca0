//! Statements that stay prepared.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use kith::db::Prepare as _;
use kith::db::schema::quota_usage as q;

use super::database;

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    times: i64,
}

/// An UPDATE is planned once however often it runs, and another text of the same type is another statement.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_prepared_once_for_each_text() {
    let opened = database().await;
    kith::db::migrate::run(&opened.db).await.unwrap();
    let mut conn = opened.db.get::<std::convert::Infallible>().await.unwrap();
    let conn = &mut *conn;
    for amount in 0..5_i64 {
        let one =
            diesel::update(q::table.filter(q::uses.eq(amount))).set(q::amount_minor.eq(Some(amount).map_or(0, |a| a)));
        assert_eq!(one.prepared().execute(conn).await.unwrap(), 0);
        // One type, two texts: a column that is set, or is not.
        let uses = (amount % 2 == 0).then_some(q::uses.eq(1_i64));
        let two = diesel::update(q::table).set((q::amount_minor.eq(amount), uses));
        assert_eq!(two.prepared().execute(conn).await.unwrap(), 0);
    }
    let count = "SELECT count(*) AS times FROM pg_prepared_statements WHERE statement LIKE $1";
    let named: Named = diesel::sql_query(count).bind::<Text, _>("UPDATE%quota_usage%").get_result(conn).await.unwrap();
    assert_eq!(named.times, 3);
}
