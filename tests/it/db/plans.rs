//! What is asked for again and again is found by the index that was made for it, however many rows there are.

use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use kith::domains::certification::{reviews, verifications};
use kith::domains::intimate_pay::{relations, requests};
use kith::domains::payments::{methods, payment};
use kith::domains::service_desk::conversations;
use kith::domains::shops::{orders, red_packets};
use kith::kernel::ids::{FamilyLinkId, OrderId, ShopId};
use uuid::Uuid;

use crate::support::app::TestApp;

#[derive(diesel::QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = Array<Text>)]
    parameters: Vec<String>,
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

const STATEMENTS: &str = "SELECT name, statement, parameter_types::text[] AS parameters FROM pg_prepared_statements";

/// The statements of a connection, each with its plan for all values.
async fn plans(conn: &mut AsyncPgConnection) -> Vec<String> {
    let statements: Vec<Statement> = diesel::sql_query(STATEMENTS).load(conn).await.unwrap();
    let mut plans = Vec::new();
    for of in statements
        .iter()
        .filter(|of| [" FROM \"", " FROM conversations ", "UPDATE \""].iter().any(|part| of.statement.contains(part)))
    {
        // A plan for all values: these do not matter.
        let values: Vec<_> = of.parameters.iter().map(|kind| format!("NULL::{kind}")).collect();
        let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE {}{values}", of.name);
        let lines: Vec<Line> = diesel::sql_query(explain).load(conn).await.unwrap();
        let plan: Vec<_> = lines.into_iter().map(|line| line.line).collect();
        plans.push(format!("{}\n{}", of.statement, plan.join("\n")));
    }
    plans
}

/// Reading all of a table that is known to be empty costs nothing. The plan is kept, and the table grows.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_a_key_is_found_by_it_in_a_table_that_was_empty() {
    let app = TestApp::start().await;
    let (shop, order) = (ShopId::generate(), OrderId::generate());
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let conn = &mut *conn;
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    payment::store::live(conn, shop, Uuid::nil()).await.unwrap();
    methods::store::is_taken(conn, &app.door.env.keys.hash("plans", &[b"nobody"])).await.unwrap();
    orders::store::paid(conn, shop, order, app.now()).await.unwrap();

    let plans = plans(conn).await;
    for (statement, index) in [
        ("SELECT \"payments\"", "payments_live"),
        ("SELECT EXISTS (SELECT \"payment_methods\"", "payment_accounts_taken"),
        ("UPDATE \"orders\"", "orders_by_id"),
    ] {
        let plan = plans.iter().find(|plan| plan.starts_with(statement)).unwrap_or_else(|| panic!("no {statement}"));
        assert!(plan.contains(&format!("using {index}")), "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_found_by_its_own_index() {
    let app = TestApp::start().await;
    let (now, shop) = (app.now(), ShopId::generate());
    // There is one connection only, so this is the one that knows the statements.
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let conn = &mut *conn;
    orders::store::to_settle(conn, now).await.unwrap();
    red_packets::store::due(conn, now).await.unwrap();
    relations::store::lock_on_link(conn, FamilyLinkId::generate()).await.unwrap();
    requests::store::any_lapsed(conn, now).await.unwrap();
    requests::store::lapse(conn, now, 10).await.unwrap();
    verifications::store::due(conn, now, 10).await.unwrap();
    reviews::store::lapsed(conn, now, 10).await.unwrap();
    payment::store::live(conn, shop, Uuid::nil()).await.unwrap();
    methods::store::is_taken(conn, &app.door.env.keys.hash("plans", &[b"nobody"])).await.unwrap();
    conversations::queue::any(conn, shop, now).await.unwrap();

    let plans = plans(conn).await;
    for index in [
        "orders_to_settle",
        "red_packets_due",
        "intimate_pays_by_link",
        "pay_requests_due",
        "verifications_due",
        "reviews_due",
        "payments_live",
        "payment_accounts_taken",
        "conversations_queued",
    ] {
        assert!(plans.iter().any(|plan| plan.contains(index)), "nothing uses {index}:\n{}", plans.join("\n\n"));
    }
}
