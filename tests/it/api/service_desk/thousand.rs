//! The routing decision with 1,000 agents online, on a real server: that it takes as few statements as
//! among two (`bench/routing` measures it).

use kith::domains::service_desk::routing::model::route;
use kith::domains::service_desk::routing::store;
use kith::kernel::ids::{AccountId, ShopId, TypedId as _};

use super::desk;
use crate::support::app::TestApp;
use crate::support::pg::PgServer;

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_on_a_server_a_decision_among_a_thousand_agents() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 4).await;
    let (_, shop, _) = desk(&app, &["one"]).await;
    let shop: ShopId = shop.parse().unwrap();
    app.sql(&format!(
        "INSERT INTO sub_accounts (shop_id, id, name, name_key, display_name, position_id, state, created_at, certified_at)
            SELECT shop_id, ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'a' || n, 'a' || n, 'a' || n,
                position_id, 'ACTIVE', created_at, created_at FROM sub_accounts, generate_series(1, 1000) n WHERE shop_id = '{shop}';
         INSERT INTO position_assignments (shop_id, sub_account_id, position_id, valid_from)
            SELECT shop_id, id, position_id, created_at FROM sub_accounts WHERE shop_id = '{shop}' AND name <> 'one';
         INSERT INTO desk_agents (shop_id, sub_account_id, weight, away, waiting, seen_at)
            SELECT shop_id, id, 10, false, 0, '{now}' FROM sub_accounts WHERE shop_id = '{shop}' AND name <> 'one';
         ANALYZE sub_accounts; ANALYZE desk_agents; ANALYZE position_assignments;",
        shop = shop.uuid(),
        now = app.now().to_rfc3339(),
    ))
    .await;
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let (desk, now) = (&app.door.env.desk, app.now());
    let of = (shop, AccountId::generate(), "home");
    let before = app.door.db.statements();
    let look = store::look(&mut conn, of, desk, now).await.unwrap();
    assert_eq!(app.door.db.statements() - before, 3, "who is asked about, who is there, and who of them may");
    assert_eq!(look.online.len(), 1_000);
    let idle = look.online[500].id;
    app.sql(&format!("UPDATE desk_agents SET waiting = 3 WHERE sub_account_id <> '{}'", idle.uuid())).await;
    let look = store::look(&mut conn, of, desk, now).await.unwrap();
    assert_eq!(route(&look.online, &look.question).agent, Some(idle), "the one of a thousand who has nothing to do");
    drop(conn);
    app.stop().await;
}
