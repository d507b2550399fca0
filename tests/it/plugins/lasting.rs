//! Subscriptions move on with the generations of plugins: they are decided by the newest, and keep no old one running.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::kit::{Kit, until};

const TRAIL: &str = "subscription($shop: ID!) { auditEntryAdded(shopId: $shop) { action } }";

/// Whether a process runs: neither gone nor dead and not yet waited for.
fn lives(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_an_adviser_that_comes_ends_an_open_subscription_that_it_does_not_allow() {
    let kit = Kit::start().await;
    let mut trail = kit.app.subscribe(&kit.owner, TRAIL, json!({ "shop": kit.shop })).await;
    let mut next = async || tokio::time::timeout(Duration::from_secs(30), trail.next()).await.unwrap().unwrap();
    let deed = async || {
        kit.app.item(&kit.owner, &kit.shop, "10.00").await;
    };
    let (first, ()) = tokio::join!(next(), async {
        until("somebody listens", async || kit.app.streams.watched() > 0).await;
        deed().await;
    });
    assert_eq!(first.0["data"]["auditEntryAdded"]["action"], "createItem", "{first:?}");
    kit.folder().small_as("other", 1, &["-DADVISER", "-DAUDIT"]);
    kit.look().await;
    deed().await;
    assert_eq!(next().await.0["data"]["auditEntryAdded"]["action"], "createItem", "one that allows it lets it go on");
    kit.folder().small_as("other", 2, &["-DADVISER", "-DAUDIT", "-DDENY"]);
    kit.look().await;
    let operator = kit.operator().await;
    assert_eq!(kit.manage(&operator, "promotePlugin", "other").await, "");
    deed().await;
    let last = next().await;
    assert_eq!(last.code(), "FORBIDDEN", "{last:?}");
    assert_eq!(
        (&last.extensions()["reason"], &last.extensions()["plugin"]["id"]),
        (&json!("PLUGIN_DENIED"), &json!("other"))
    );
    kit.stop().await;
}

/// Contract, "Reload": drain, then destroy. Neither a subscription nor a session that was seen before holds the old one.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_the_processes_of_an_old_generation_running() {
    let kit = Kit::start().await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    let mut changes = kit.app.subscribe(&operator, "subscription { pluginsChanged { id } }", json!({})).await;
    assert_eq!(changes.next().await.unwrap().0["data"]["pluginsChanged"], json!([{ "id": "small" }]));
    let mut trail = kit.app.subscribe(&kit.owner, TRAIL, json!({ "shop": kit.shop })).await;
    let begun = tokio::time::timeout(Duration::from_millis(300), trail.next()).await;
    assert!(begun.is_err(), "nothing has happened yet");
    // As the edge does: a stream that nobody polls stands still in the middle of a recheck, with the actor that it found.
    let listening =
        [changes, trail].map(|mut stream| tokio::spawn(async move { while stream.next().await.is_some() {} }));
    let process = kit.keeper.plugins.set().get("small").unwrap().figures().process.unwrap();
    assert!(lives(process));
    kit.folder().small(2, &[]);
    kit.look().await;
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "");
    kit.folder().remove("small-1");
    kit.look().await;
    let plugin: Value = kit.plugin(&operator, "small").await;
    assert_eq!(plugin["releaseSeq"], 2, "{plugin}");
    // Both subscriptions are open, both sessions are known.
    until("the process of the old release ends", async || !lives(process)).await;
    for listener in &listening {
        assert!(!listener.is_finished(), "a subscription has ended");
        listener.abort();
    }
    kit.stop().await;
}
