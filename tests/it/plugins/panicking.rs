//! h23: a plugin that panics, in a child or in this process, while many requests go to it, to a service that behaves and to Kith's own
//! permissions: its own codes deny every one, the others are answered every one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use kith::plugins::Settings;
use kith_plugin_fixtures::Case;
use serde_json::json;

use super::kit::{Folder, Kit, until};
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

/// Kith with many connections, and the fixture beside a service that behaves; both subscribed to.
async fn beside(server: &PgServer, fixture: impl FnOnce(&Folder)) -> Kit {
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let folder = Folder::new();
    // It is about panics, not about a busy machine's time slices.
    let (deadline, hard_deadline) = (Duration::from_secs(5), Duration::from_secs(10));
    let settings = Settings { deadline, hard_deadline, ..folder.settings() };
    let kit = Kit::with(app, folder, settings).await;
    fixture(kit.folder());
    kit.folder().small(1, &[]);
    kit.look().await;
    assert!(kit.keeper.plugins.faults().is_empty(), "{:?}", kit.keeper.plugins.faults());
    kit.subscribe("fixture").await;
    kit.subscribe("small").await;
    kit
}

/// Forty-eight requests at once, again and again.
async fn waves(kit: &Kit, case: Case, count: usize) {
    for wave in 0..count {
        let asked = (0..48_usize).map(|n| async move {
            let code = ["fixture.use", "small.use", "item.read"][n % 3];
            (code, kit.used(&kit.owner, code).await)
        });
        for answer in join_all(asked).await {
            match answer {
                ("fixture.use", Err(denial)) => {
                    assert_eq!(denial.reason, "SERVICE_UNAVAILABLE", "{case:?}, {wave}: {denial:?}");
                }
                ("small.use" | "item.read", Ok(_)) => {}
                other => panic!("{case:?}, {wave}: {other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h23_a_service_that_panics_in_a_child_under_load() {
    let server = PgServer::start_with(Durability::None).await;
    for case in [Case::Panics, Case::PanicsWithSpite, Case::PanicsTwice, Case::PanicsAndAborts] {
        let ends = matches!(case, Case::PanicsTwice | Case::PanicsAndAborts);
        let kit = beside(&server, |folder| folder.fixture(case)).await;
        let operator = kit.operator().await;
        waves(&kit, case, 2).await;
        let seen = kit.plugin(&operator, "fixture").await["figures"].clone();
        assert!(seen["faults"].as_i64().unwrap() >= 32, "{case:?}: {seen}");
        assert_eq!(seen["crashes"].as_i64().unwrap() > 0, ends, "{case:?}: {seen}");
        // Where the panic was caught it answers as before, else another process does; broken off, once an operator says so.
        until("it answers again", async || {
            let state = kit.plugin(&operator, "fixture").await["state"].clone();
            if state == "BROKEN" {
                assert_eq!(kit.manage(&operator, "releasePlugin", "fixture").await, "");
            }
            state == "READY"
        })
        .await;
        waves(&kit, case, 1).await;
        let small = kit.plugin(&operator, "small").await;
        assert_eq!((&small["state"], small["figures"]["faults"].as_i64()), (&json!("READY"), Some(0)), "{small}");
        kit.app.verified().await;
        kit.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h23_a_service_that_panics_in_process_under_load() {
    let server = PgServer::start_with(Durability::None).await;
    for case in [Case::Panics, Case::PanicsWithSpite] {
        let kit = beside(&server, |folder| folder.fixture_in_process(case)).await;
        let operator = kit.operator().await;
        waves(&kit, case, 5).await;
        let seen = kit.plugin(&operator, "fixture").await;
        assert_eq!(seen["state"], "READY", "{case:?}: {seen}");
        assert!(seen["figures"]["faults"].as_i64().unwrap() >= 80, "{case:?}: {seen}");
        kit.app.verified().await;
        kit.stop().await;
    }
}

/// Its instance is dropped, on whatever thread held it last, and is made anew; nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h23_a_service_whose_drop_panics_in_process_comes_and_goes_under_load() {
    let server = PgServer::start_with(Durability::None).await;
    let kit = Arc::new(beside(&server, |folder| folder.fixture_in_process(Case::PanicsInDrop)).await);
    let (stop, allowed, denied) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let kit = Arc::clone(&kit);
            let (stop, allowed, denied) = (Arc::clone(&stop), Arc::clone(&allowed), Arc::clone(&denied));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    for code in ["small.use", "item.read"] {
                        let answer = kit.used(&kit.owner, code).await;
                        assert!(answer.is_ok(), "{code}: {answer:?}");
                    }
                    let told = if kit.used(&kit.owner, "fixture.use").await.is_ok() { &allowed } else { &denied };
                    told.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..3 {
        let running = Arc::downgrade(kit.keeper.plugins.set().get("fixture").unwrap());
        kit.folder().remove("fixture");
        kit.look().await;
        until("its last instance is dropped", async || running.strong_count() == 0).await;
        assert!(kit.used(&kit.owner, "fixture.use").await.is_err());
        kit.folder().fixture_in_process(Case::PanicsInDrop);
        kit.look().await;
        assert!(kit.used(&kit.owner, "fixture.use").await.is_ok());
    }
    stop.store(true, Ordering::Relaxed);
    for one in load {
        one.await.unwrap();
    }
    let (allowed, denied) = (allowed.load(Ordering::Relaxed), denied.load(Ordering::Relaxed));
    assert!(allowed > 0 && denied > 0, "there was no load: {allowed} allowed, {denied} denied");
    Arc::into_inner(kit).unwrap().stop().await;
}
