//! An isolated plugin that behaves.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use kith_plugin_host::State;
use kith_plugin_loader::{Fault, OwnedRequest};
use support::{alive, ask, patient, start};

#[tokio::test]
async fn it_answers_one_and_many() {
    let plugin = start(patient()).await;
    assert!(plugin.authorize(ask("ok")).await.allowed());
    let requests: Vec<OwnedRequest> = (0..100_u8)
        .map(|i| OwnedRequest { request_id: [i; 16], ..ask(if i % 3 == 0 { "ok" } else { "no" }) })
        .collect();
    let verdicts = plugin.authorize_batch(requests, Duration::from_secs(1)).await;
    assert_eq!(verdicts.len(), 100);
    for (i, verdict) in verdicts.iter().enumerate() {
        assert_eq!((verdict.allowed(), verdict.fault()), (i % 3 == 0, None));
        assert_eq!(verdict.reason(), format!("{i:02x}").repeat(16));
    }
    let stats = plugin.stats();
    assert_eq!((stats.state, stats.generation, stats.calls, stats.denials), (State::Ready, 1, 101, 66));
    assert_eq!((stats.crashes, stats.kills, stats.restarts, stats.timeouts), (0, 0, 0, 0));
    assert!(stats.p99 > Duration::ZERO);
}

#[tokio::test]
async fn no_requests_give_no_verdicts() {
    let plugin = start(patient()).await;
    assert!(plugin.authorize_batch(vec![], Duration::from_secs(1)).await.is_empty());
}

#[tokio::test]
async fn a_request_too_large_for_a_frame_is_denied_and_its_neighbours_are_not() {
    let plugin = start(patient()).await;
    let large = OwnedRequest { field: "x".repeat(200_000), ..ask("ok") };
    let verdicts = plugin.authorize_batch(vec![ask("ok"), large, ask("ok")], Duration::from_secs(1)).await;
    assert_eq!(verdicts.iter().map(|v| v.allowed()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(verdicts[1].fault(), Some(Fault::TooLarge));
    // Many that do not fit one frame together.
    let half = OwnedRequest { field: "x".repeat(50_000), ..ask("ok") };
    let verdicts = plugin.authorize_batch(vec![half; 3], Duration::from_secs(1)).await;
    assert!(verdicts.iter().all(|v| v.allowed()), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_share_it_and_each_gets_its_own_answers() {
    let plugin = std::sync::Arc::new(start(patient()).await);
    let tasks: Vec<_> = (0..16_u8)
        .map(|task| {
            let plugin = plugin.clone();
            tokio::spawn(async move {
                for turn in 0..200_u8 {
                    let mut request_id = [task; 16];
                    request_id[15] = turn;
                    let verdict = plugin.authorize(OwnedRequest { request_id, ..ask("ok") }).await;
                    assert!(verdict.allowed(), "{verdict:?}");
                    assert_eq!(verdict.reason()[30..], format!("{turn:02x}"));
                    assert_eq!(verdict.reason()[..2], format!("{task:02x}"));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(plugin.stats().calls, 3200);
}

#[tokio::test]
async fn dropping_the_handle_ends_the_child() {
    let plugin = start(patient()).await;
    let pid = plugin.child_id().unwrap();
    assert!(alive(pid));
    drop(plugin);
    for _ in 0..100 {
        if !alive(pid) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child is still there");
}

#[tokio::test]
async fn a_dropped_future_costs_nobody_anything() {
    let plugin = start(patient()).await;
    for _ in 0..50 {
        let slow = OwnedRequest { principal: "3000".into(), ..ask("slow") };
        // Asked, and given up before it could be answered.
        tokio::select! {
            biased;
            _ = plugin.authorize(slow) => panic!("answered at once"),
            () = std::future::ready(()) => {}
        }
        assert!(plugin.authorize(ask("ok")).await.allowed());
    }
    let stats = plugin.stats();
    assert_eq!((stats.generation, stats.kills), (1, 0));
    assert_eq!(stats.late, 50);
}

#[tokio::test]
async fn the_log_comes_through_and_a_burst_is_cut() {
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = lines.clone();
    let mut config = patient();
    config.log = std::sync::Arc::new(move |level, line| sink.lock().unwrap().push((level, line.to_owned())));
    let plugin = start(config).await;
    plugin.authorize(ask("flood")).await;
    let lines = lines.lock().unwrap();
    assert!(!lines.is_empty() && lines.len() <= 100, "{}", lines.len());
    assert_eq!(lines[0], (kith_plugin_loader::LogLevel::Info, "flood".to_owned()));
}

#[test]
fn it_starts_without_a_runtime() {
    let plugin = kith_plugin_host::Isolated::start_blocking(patient(), support::library(&[]), "{}").unwrap();
    assert_eq!(plugin.stats().state, State::Ready);
}

/// Run with `cargo test --release -p kith-plugin-host --test basic measured -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement"]
async fn measured_single_batch_and_start() {
    let library = support::library(&[]);
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        let before = std::time::Instant::now();
        let plugin = kith_plugin_host::Isolated::start(patient(), library.try_clone().unwrap(), "{}").await.unwrap();
        starts.push(before.elapsed());
        drop(plugin);
    }
    starts.sort();
    eprintln!("start to ready: median {:?}, fastest {:?}", starts[10], starts[0]);
    let plugin = start(patient()).await;
    for (what, n, rounds) in [("single", 1, 5000_u32), ("batch of 32", 32, 2000)] {
        let requests: Vec<OwnedRequest> =
            vec![OwnedRequest { tenant: "shop_1".into(), principal: "a".into(), ..ask("ok") }; n];
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..rounds {
            let requests = requests.clone();
            let before = std::time::Instant::now();
            let verdicts = plugin.authorize_batch(requests, Duration::from_secs(1)).await;
            times.push(before.elapsed());
            assert!(verdicts[0].allowed());
        }
        times.sort();
        let median = times[times.len() / 2];
        eprintln!("{what}: median {median:?} ({:?} each), p99 {:?}", median / n as u32, times[times.len() * 99 / 100]);
    }
}

/// The `posix_spawn` way does not copy the server's page tables.
#[tokio::test]
#[ignore = "a measurement that takes 2 GiB"]
async fn measured_start_of_a_server_with_2_gib_resident() {
    let library = support::library(&[]);
    let mut memory = vec![0_u8; 2 << 30];
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        let before = std::time::Instant::now();
        drop(kith_plugin_host::Isolated::start(patient(), library.try_clone().unwrap(), "{}").await.unwrap());
        starts.push(before.elapsed());
    }
    starts.sort();
    std::hint::black_box(&memory);
    eprintln!("start to ready beside 2 GiB: median {:?}, fastest {:?}", starts[10], starts[0]);
}
