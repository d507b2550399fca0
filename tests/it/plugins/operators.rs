//! What an operator is told while it happens.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::kit::Kit;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_hears_of_every_change_until_the_right_is_gone() {
    let mut kit = Kit::start().await;
    let operator = kit.operator().await;
    kit.look().await;
    kit.watch();
    let query = "subscription { pluginsChanged { id state releaseSeq } }";
    let mut changes = kit.app.subscribe(&operator, query, json!({})).await;
    let mut next = async || {
        let answer = tokio::time::timeout(Duration::from_secs(20), changes.next()).await.unwrap();
        answer.unwrap().0
    };
    assert_eq!(next().await["data"]["pluginsChanged"], json!([]));
    kit.folder().small(1, &[]);
    let installed = json!([{ "id": "small", "state": "READY", "releaseSeq": 1 }]);
    while next().await["data"]["pluginsChanged"] != installed {}
    kit.app.sql("DELETE FROM platform_grants").await;
    let mut last = Value::Null;
    while last["errors"].is_null() {
        last = next().await;
    }
    assert_eq!(last["errors"][0]["extensions"]["code"], "FORBIDDEN");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_listen() {
    let kit = Kit::start().await;
    let mut changes = kit.app.subscribe(&kit.owner, "subscription { pluginsChanged { id } }", json!({})).await;
    assert_eq!(changes.next().await.unwrap().code(), "FORBIDDEN");
    kit.stop().await;
}

/// A service that an operator removes stays removed though its files lie there, until they are written anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_removes_stays_removed_until_it_is_written_anew() {
    let kit = Kit::start().await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    assert_eq!(kit.manage(&operator, "removePlugin", "small").await, "");
    kit.look().await;
    assert_eq!(kit.plugin(&operator, "small").await["state"], "REMOVED");
    assert_eq!(kit.catalogue().await, Vec::<String>::new());
    assert_eq!(kit.manage(&operator, "removePlugin", "small").await, "NOT_INSTALLED");
    kit.folder().small(1, &[]);
    kit.look().await;
    assert_eq!(kit.plugin(&operator, "small").await["state"], "READY");
    kit.app.verified().await;
    kit.stop().await;
}

/// A key that is taken back: what it signed runs no more, and nobody's grants are lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_trusted_no_more_is_denied() {
    let folder = super::kit::Folder::new();
    let kit = Kit::start().await;
    folder.small(1, &[]);
    let plugins = kith::plugins::Plugins::new(folder.settings_by_file());
    let now = kit.app.now();
    let change = plugins.look(now, &[]).await;
    assert_eq!(change.appeared.len(), 1);
    let wanted = [kith::plugins::registry::Wanted {
        id: "small".to_owned(),
        seq: 1,
        previous: None,
        high_water: 1,
        installed: true,
        advises: Vec::new(),
    }];
    assert!(plugins.follow(&wanted, false).await);
    assert!(plugins.set().get("small").is_some());
    folder.operators("trust.toml", "[revoked]\nkeys = []\n");
    let change = plugins.look(now, &wanted).await;
    assert_eq!(change.distrusted.len(), 1);
    plugins.follow(&wanted, false).await;
    assert!(plugins.set().get("small").is_none(), "its codes have nobody who answers");
    folder.operators("trust.toml", &(folder.trust() + "\n"));
    plugins.look(now, &wanted).await;
    plugins.follow(&wanted, false).await;
    assert!(plugins.set().get("small").is_some());
    kit.stop().await;
}
