//! What is taken away through one server is gone on the other with the next request, also for sessions whose actors both
//! of them keep (requirement 5.5).

use kith::domains::plugins::Keeper;
use kith::permissions::codes;
use serde_json::json;

use super::kit::{Folder, Kit};
use super::using::used;
use crate::support::app::{Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn h16_a_service_that_is_gone_here_is_gone_there_for_sessions_in_use() {
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let here = Kit::on(TestApp::start_on(&url, 4).await, Folder::new()).await;
    here.folder().small(1, &[]);
    here.look().await;
    let there = TestApp::start_on(&url, 4).await;
    let follower = Keeper::new(&there.door, here.folder().settings());
    follower.look().await.unwrap();
    here.subscribe("small").await;
    let clerk = here.clerk("clerk", &[]).await;
    here.grant(&clerk, "small.use", json!(null)).await.data();
    let reason = async |who: &Persona| {
        let answer = used(&there, who, here.shop_id(), "small.use").await;
        answer.map_or_else(|denial| denial.reason.to_owned(), |_| "allowed".to_owned())
    };
    for who in [&here.owner, &clerk] {
        assert_eq!((reason(who).await, reason(who).await), ("allowed".into(), "allowed".into()), "{}", who.login);
    }
    {
        let mut conn = here.app.door.db.get::<std::convert::Infallible>().await.unwrap();
        assert!(codes::unsubscribe(&mut conn, here.shop_id(), "small", here.app.now()).await.unwrap());
    }
    for who in [&here.owner, &clerk] {
        assert_eq!(reason(who).await, "NOT_SUBSCRIBED", "{}", who.login);
    }
    here.subscribe("small").await;
    for who in [&here.owner, &clerk] {
        assert_eq!(reason(who).await, "allowed", "{}", who.login);
    }
    // Another release there: the actors that are kept take up with it.
    here.folder().small(2, &["-DDENY"]);
    here.look().await;
    let operator = here.operator().await;
    assert_eq!(here.manage(&operator, "promotePlugin", "small").await, "");
    follower.look().await.unwrap();
    for who in [&here.owner, &clerk] {
        assert_eq!(reason(who).await, "PLUGIN_DENIED", "{}", who.login);
    }
    here.stop().await;
}
