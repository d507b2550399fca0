//! `auditEntryAdded`: new entries while the reader may read them.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::json;

use super::deeds;
use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

const SUBSCRIPTION: &str = "subscription($shop: ID!) { auditEntryAdded(shopId: $shop) { seq action target } }";

async fn listen(app: &TestApp, who: &Persona, shop: &str) -> BoxStream<'static, Answer> {
    app.subscribe(who, SUBSCRIPTION, json!({ "shop": shop })).await
}

/// The next message; none of the tests waits for its absence.
async fn next(stream: &mut BoxStream<'static, Answer>) -> Option<Answer> {
    tokio::time::timeout(Duration::from_secs(60), stream.next()).await.expect("nothing came in a minute")
}

async fn next_seq(stream: &mut BoxStream<'static, Answer>) -> i64 {
    next(stream).await.unwrap().data()["auditEntryAdded"]["seq"].as_i64().unwrap()
}

/// A stream of async-graphql begins when it is first polled.
async fn begun(app: &TestApp, stream: &mut BoxStream<'static, Answer>) {
    loop {
        tokio::select! {
            biased;
            early = stream.next() => panic!("nothing has happened yet: {early:?}"),
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
        if app.streams.watched() > 0 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_entries_come_in_order_and_old_ones_do_not() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    deeds(&app, &seller, &shop, 3).await;
    let mut stream = listen(&app, &seller, &shop).await;
    begun(&app, &mut stream).await;
    deeds(&app, &seller, &shop, 45).await;
    for seq in 5..50 {
        assert_eq!(next_seq(&mut stream).await, seq);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_misses_nothing() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let mut stream = listen(&app, &seller, &shop).await;
    begun(&app, &mut stream).await;
    // Far more than one page while nobody reads.
    deeds(&app, &seller, &shop, 150).await;
    for seq in 2..=151 {
        assert_eq!(next_seq(&mut stream).await, seq);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_h17_whoever_lost_the_right_sees_nothing_written_after() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let xiaoli = app.clerk(&shop, "xiaoli", &["audit.read"]).await;
    let mut stream = listen(&app, &xiaoli, &shop).await;
    begun(&app, &mut stream).await;
    deeds(&app, &seller, &shop, 1).await;
    assert_eq!(next_seq(&mut stream).await, 2);
    app.strip(&xiaoli).await;
    deeds(&app, &seller, &shop, 3).await;
    let last = next(&mut stream).await.unwrap();
    assert_eq!((last.code(), last.extensions()["reason"].as_str()), ("FORBIDDEN", Some("PERMISSION_ENDED")));
    assert!(next(&mut stream).await.is_none(), "it has ended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_a_stream_ends_with_its_session_though_nothing_happens() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let mut stream = listen(&app, &seller, &shop).await;
    begun(&app, &mut stream).await;
    app.ok(&seller, "mutation { logOut { done } }", json!({})).await;
    let last = next(&mut stream).await.unwrap();
    assert_eq!((last.code(), last.extensions()["reason"].as_str()), ("FORBIDDEN", Some("SESSION_ENDED")));
    assert!(next(&mut stream).await.is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_nobody_listens_without_the_right() {
    let app = TestApp::start().await;
    let (seller, other) = (app.account("aurora").await, app.account("other").await);
    let (shop, _) = (app.shop(&seller).await, app.shop(&other).await);
    let xiaoli = app.clerk(&shop, "xiaoli", &["refund.read"]).await;
    for who in [&xiaoli, &other] {
        let mut stream = listen(&app, who, &shop).await;
        assert_eq!(next(&mut stream).await.unwrap().code(), "FORBIDDEN");
        assert!(next(&mut stream).await.is_none());
    }
    assert_eq!(app.streams.watched(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_of_a_shop_share_one_look_and_the_last_one_ends_it() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let (mut one, mut two) = (listen(&app, &seller, &shop).await, listen(&app, &seller, &shop).await);
    begun(&app, &mut one).await;
    begun(&app, &mut two).await;
    assert_eq!(app.streams.watched(), 1);
    deeds(&app, &seller, &shop, 1).await;
    assert_eq!((next_seq(&mut one).await, next_seq(&mut two).await), (2, 2));
    drop(one);
    deeds(&app, &seller, &shop, 1).await;
    assert_eq!(next_seq(&mut two).await, 3, "the other goes on");
    drop(two);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while app.streams.watched() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "it goes on for nobody");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_another_replica_come_too() {
    let server = PgServer::start_with(Durability::None).await;
    let url = server.fresh_database().await;
    let (here, there) = (TestApp::start_on(&url, 4).await, TestApp::start_on(&url, 4).await);
    let seller = here.account("aurora").await;
    let shop = here.shop(&seller).await;
    let mut stream = listen(&here, &seller, &shop).await;
    begun(&here, &mut stream).await;
    deeds(&there, &seller, &shop, 2).await;
    assert_eq!((next_seq(&mut stream).await, next_seq(&mut stream).await), (2, 3));
    here.stop().await;
    there.stop().await;
}
