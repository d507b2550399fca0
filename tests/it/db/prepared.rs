//! Statements that stay prepared.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use kith::db::RunQueryDsl;
use kith::db::schema::quota_usage as q;
use uuid::Uuid;

use super::database;
use crate::support::intimate::Home;

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
        assert_eq!(one.execute(conn).await.unwrap(), 0);
        // One type, two texts: a column that is set, or is not.
        let uses = (amount % 2 == 0).then_some(q::uses.eq(1_i64));
        let two = diesel::update(q::table).set((q::amount_minor.eq(amount), uses));
        assert_eq!(two.execute(conn).await.unwrap(), 0);
    }
    let count = "SELECT count(*) AS times FROM pg_prepared_statements WHERE statement LIKE $1";
    let named: Named = diesel::sql_query(count).bind::<Text, _>("UPDATE%quota_usage%").get_result(conn).await.unwrap();
    assert_eq!(named.times, 3);
    // Rows have a place each: such a text is not kept.
    let many = |rows: i64| (0..rows).map(|n| (q::owner_id.eq(Uuid::nil()), q::uses.eq(n))).collect::<Vec<_>>();
    for rows in [2, 3] {
        let refused = diesel::insert_into(q::table).values(many(rows)).execute_anew(conn).await;
        refused.expect_err("a column without a value");
    }
    let named: Named = diesel::sql_query(count).bind::<Text, _>("INSERT%quota_usage%").get_result(conn).await.unwrap();
    assert_eq!(named.times, 0);
}

/// The next version migrates while this one serves: what its connections have prepared is as good as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_more_stops_no_statement_that_is_kept() {
    let home = Home::open("1000.00").await;
    for round in ["before", "after"] {
        let order = home.order("10.00", "general").await;
        assert_eq!(home.pay(&order).await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID", "{round}");
        let refund = home.app.refund_all(&home.seller, &home.father, &order, "10.00").await;
        assert_eq!(refund["refund"]["state"], "APPROVED", "{round}");
        home.app.deliver().await;
        assert_eq!(home.app.count("SELECT count(*) FROM outbox").await, 0, "{round}");
        if round == "before" {
            home.app.sql(ONE_COLUMN_MORE).await;
        }
    }
    home.close().await;
}

/// In every table.
const ONE_COLUMN_MORE: &str = "DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    LOOP EXECUTE format('ALTER TABLE %s ADD COLUMN of_the_next_version text', t); END LOOP; END $$";
