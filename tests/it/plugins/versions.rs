//! Step 5 of the story: a new version decides in the shadow, is promoted, and rolled back.

use serde_json::json;

use super::kit::{Kit, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_release_is_shadowed_promoted_and_rolled_back() {
    let kit = Kit::start().await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    kit.folder().small(2, &["-DDENY", "-DEXTRA"]);
    kit.look().await;
    // The old one decides, the new one beside it, and what they disagree on is listed.
    for _ in 0..3 {
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    }
    until("three questions were compared", async || kit.plugin(&operator, "small").await["shadow"]["compared"] == 3)
        .await;
    let seen = kit.plugin(&operator, "small").await;
    assert_eq!((&seen["releaseSeq"], &seen["shadow"]["releaseSeq"]), (&json!(1), &json!(2)), "{seen}");
    assert_eq!(seen["shadow"]["disagreed"], 3);
    let one = &seen["shadow"]["disagreements"][0];
    assert_eq!(one["permission"], "small.use");
    assert_eq!(one["used"], json!({ "allowed": true, "reasonCode": 101 }));
    assert_eq!(one["shadow"], json!({ "allowed": false, "reasonCode": 102, "reason": "Not today." }));
    assert_eq!(kit.catalogue().await, ["small", "small.use"], "the new one's codes are not there yet");

    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "");
    assert_eq!(kit.used(&kit.owner, "small.use").await.unwrap_err().reason, "PLUGIN_DENIED");
    assert_eq!(kit.catalogue().await, ["small", "small.use", "small.more"]);
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "IN_USE");
    let seen = kit.plugin(&operator, "small").await;
    assert_eq!(
        (&seen["releaseSeq"], &seen["previousReleaseSeq"], &seen["shadow"]),
        (&json!(2), &json!(1), &json!(null))
    );

    assert_eq!(kit.manage(&operator, "rollbackPlugin", "small").await, "");
    assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    assert_eq!(kit.catalogue().await, ["small", "small.use"], "a code that is gone is dormant");
    assert_eq!(kit.manage(&operator, "rollbackPlugin", "small").await, "NOTHING_BEFORE");
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "", "and forward again");
    kit.app.verified().await;
    kit.stop().await;
}

/// Two replicas over one database: what an operator says to one, the other follows; a fresh one starts with it.
#[tokio::test(flavor = "multi_thread")]
async fn every_replica_follows_the_release_in_use() {
    let postgres = crate::support::pg::PgServer::start_with(crate::support::pg::Durability::None).await;
    let url = postgres.fresh_database().await;
    let here = Kit::on(crate::support::app::TestApp::start_on(&url, 4).await, super::kit::Folder::new()).await;
    let operator = here.operator().await;
    here.folder().small(1, &[]);
    here.folder().small(2, &["-DDENY"]);
    here.look().await;
    let there = kith::domains::plugins::Keeper::new(
        &crate::support::app::TestApp::start_on(&url, 4).await.door,
        here.folder().settings(),
    );
    there.look().await.unwrap();
    let used = |keeper: &kith::domains::plugins::Keeper| keeper.plugins.set().get("small").unwrap().release.seq();
    assert_eq!((used(&here.keeper), used(&there)), (2, 2), "of two at once the newer is installed");
    assert_eq!(here.manage(&operator, "rollbackPlugin", "small").await, "NOTHING_BEFORE");
    here.folder().small(3, &[]);
    here.look().await;
    assert_eq!(here.manage(&operator, "promotePlugin", "small").await, "");
    there.look().await.unwrap();
    assert_eq!((used(&here.keeper), used(&there)), (3, 3));
    assert_eq!(here.manage(&operator, "rollbackPlugin", "small").await, "");
    there.look().await.unwrap();
    assert_eq!((used(&here.keeper), used(&there)), (2, 2));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_see_and_change_plugins() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    for query in [
        "{ plugins { id } }",
        "{ pluginFaults { code } }",
        "mutation { promotePlugin(input: { pluginId: \"small\" }) { userErrors { code } } }",
        "mutation { removePlugin(input: { pluginId: \"small\" }) { userErrors { code } } }",
    ] {
        let answer = kit.app.run(Some(&kit.owner.token), query, json!({})).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{query}");
    }
    let reader = kit.app.operator(&["platform.plugin.read"]).await;
    assert_eq!(kit.plugin(&reader, "small").await["state"], "READY");
    let query = "mutation { rollbackPlugin(input: { pluginId: \"small\" }) { userErrors { code } } }";
    assert_eq!(kit.app.run(Some(&reader.token), query, json!({})).await.code(), "FORBIDDEN");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_release_is_a_downgrade_and_is_refused() {
    let kit = Kit::start().await;
    kit.folder().small(5, &[]);
    kit.look().await;
    kit.folder().small(4, &[]);
    kit.look().await;
    let faults = kit.keeper.plugins.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!((faults[0].file.as_str(), faults[0].refused.code.as_str()), ("small-4.so", "MANIFEST_DOWNGRADE"));
    kit.stop().await;
}
