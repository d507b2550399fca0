//! The routing decision with 1,000 agents online, on a real server: that it is made, and not absurdly slowly (`bench/routing` measures it).

use std::time::Instant;

use kith::domains::service_desk::routing::model::{Agent, Question, route};
use kith::domains::service_desk::routing::store;
use kith::kernel::ids::{AccountId, ShopId, SubAccountId, TypedId as _};

use super::desk;
use crate::support::app::TestApp;
use crate::support::pg::PgServer;

/// The middle and the 99th of a hundred, in microseconds.
fn figures(mut times: Vec<u128>) -> (u128, u128) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

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
         INSERT INTO desk_agents (shop_id, sub_account_id, weight, away, waiting, seen_at)
            SELECT shop_id, id, 10, false, 0, '{now}' FROM sub_accounts WHERE shop_id = '{shop}' AND name <> 'one';
         ANALYZE sub_accounts; ANALYZE desk_agents;",
        shop = shop.uuid(),
        now = app.now().to_rfc3339(),
    ))
    .await;
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let (desk, now) = (&app.door.env.desk, app.now());
    let mut whole = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        let of = (shop, AccountId::generate(), "home");
        let look = store::look(&mut conn, of, desk, now).await.unwrap();
        let routed = route(&look.online, &look.question);
        whole.push(begun.elapsed().as_micros());
        assert!(routed.agent.is_some() && look.online.len() == 1_000);
    }
    let agents: Vec<Agent> = (0..1_000)
        .map(|at| Agent {
            id: SubAccountId::generate(),
            group: None,
            weight: 10,
            waiting: at % 5,
            last_assigned_at: None,
        })
        .collect();
    let pure: Vec<u128> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            assert!(route(&agents, &Question { busy_above: 4, ..Question::default() }).agent.is_some());
            begun.elapsed().as_nanos()
        })
        .collect();
    let ((p50, p99), (pure, pure99)) = (figures(whole), figures(pure));
    eprintln!("1,000 agents online: p50 {p50} µs, p99 {p99} µs with its two reads; {pure} ns and {pure99} ns without");
    assert!(p50 < 100_000, "a decision takes {p50} µs");
    drop(conn);
    app.stop().await;
}
