//! Many commands on one shop at once, on a server with many connections.

use kith::command::Chain;
use kith::domains::audit;

use super::{seqs, trail};
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_commands_at_once_leave_one_sound_chain() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 32).await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let calls = (0..50).map(|_| app.item(&seller, &shop, "1.00"));
    futures_util::future::join_all(calls).await;
    let entries = trail(&app, &seller, serde_json::json!({ "shop": shop, "first": 100 })).await;
    assert_eq!(seqs(&entries), (1..=51).collect::<Vec<_>>());
    let report = audit::verify(&app.door.db, Chain::Shop(shop.parse().unwrap())).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.entries, report.head.map(|(seq, _)| seq)), (51, Some(51)));
    app.stop().await;
}
