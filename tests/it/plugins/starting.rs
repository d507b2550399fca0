//! Contract, "Reload": "a failure before publishing changes nothing", for promoting, going back and updating one server after the
//! other; and the lock file of production, which lets all of that be done.

use kith::plugins::Settings;
use kith_plugin_manifest::{Lock, inspect, sha256};
use serde_json::{Value, json};

use super::kit::{Folder, Kit};
use crate::support::app::{Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

/// A mutation on the small service; its user error.
async fn manage(kit: &Kit, operator: &Persona, mutation: &str, kind: &str) -> Value {
    let text = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}");
    let input = json!({ "input": { "pluginId": "small" } });
    kit.app.ok(operator, &text, input).await[mutation]["userErrors"][0].clone()
}

fn used(kit: &Kit) -> Option<u64> {
    kit.keeper.plugins.set().get("small").map(|running| running.release.seq())
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_release_that_does_not_start_is_not_promoted_and_what_runs_goes_on() {
    let folder = Folder::new();
    let settings = Settings { in_process: false, ..folder.settings() };
    let kit = Kit::with(TestApp::start().await, folder, settings).await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    kit.folder().small_in_process(2, &["-DEXTRA"]);
    kit.look().await;
    for _ in 0..2 {
        let refused = manage(&kit, &operator, "promotePlugin", "PromotePluginInput").await;
        assert_eq!(refused["code"], "DOES_NOT_START", "{refused}");
        assert!(refused["message"].as_str().unwrap().contains("IN_PROCESS_OFF"), "{refused}");
        kit.look().await;
        let seen = kit.plugin(&operator, "small").await;
        assert_eq!((&seen["releaseSeq"], &seen["state"]), (&json!(1), &json!("READY")), "{seen}");
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
        assert_eq!(kit.catalogue().await, ["small", "small.use"], "the codes of before");
    }
    kit.app.verified().await;
    kit.stop().await;
}

/// Two servers, one of which runs nothing in process: what it cannot run it does not promote, and what another one goes back to
/// takes nothing down on it.
#[tokio::test(flavor = "multi_thread")]
async fn h23_what_does_not_start_on_one_server_leaves_there_what_runs() {
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let here = Kit::on(TestApp::start_on(&url, 4).await, Folder::new()).await;
    let operator = here.operator().await;
    here.folder().small_in_process(1, &[]);
    here.look().await;
    here.subscribe("small").await;
    here.folder().small(2, &[]);
    here.look().await;
    assert_eq!(here.manage(&operator, "promotePlugin", "small").await, "");
    let folder = here.folder().twin();
    for entry in std::fs::read_dir(here.folder().path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let settings = Settings { in_process: false, ..folder.settings() };
    let there = Kit::with(TestApp::start_on(&url, 4).await, folder, settings).await;
    there.look().await;
    assert_eq!((used(&here), used(&there)), (Some(2), Some(2)));
    let refused = manage(&there, &operator, "rollbackPlugin", "PluginInput").await;
    assert_eq!(refused["code"], "DOES_NOT_START", "{refused}");
    there.look().await;
    here.look().await;
    assert_eq!((used(&here), used(&there)), (Some(2), Some(2)));
    assert_eq!(here.manage(&operator, "rollbackPlugin", "small").await, "");
    there.look().await;
    assert_eq!((used(&here), used(&there)), (Some(1), Some(2)), "the one that runs goes on where the other does not");
    let answer = super::using::used(&there.app, &here.owner, here.shop_id(), "small.use").await;
    assert!(answer.is_ok(), "{answer:?}");
    for kit in [there, here] {
        kit.stop().await;
    }
}

/// A rolling update: the first new server brings the newer file only.
#[tokio::test(flavor = "multi_thread")]
async fn h23_a_server_with_only_the_newer_file_waits_until_no_server_has_the_one_in_use() {
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let old = Kit::on(TestApp::start_on(&url, 4).await, Folder::new()).await;
    old.folder().small(1, &[]);
    old.look().await;
    let folder = old.folder().twin();
    folder.small(2, &[]);
    let new = Kit::on(TestApp::start_on(&url, 4).await, folder).await;
    for round in 0..5 {
        new.look().await;
        old.look().await;
        assert_eq!((used(&old), used(&new)), (Some(1), None), "{round}");
        for kit in [&old, &new] {
            kit.app.clock.advance(chrono::TimeDelta::seconds(20));
        }
    }
    // The old one has ended: nobody has told for a minute that it has the release in use.
    for _ in 0..5 {
        new.app.clock.advance(chrono::TimeDelta::seconds(20));
        new.look().await;
    }
    assert_eq!(used(&new), Some(2));
    let operator = new.operator().await;
    assert_eq!(new.plugin(&operator, "small").await["releaseSeq"], 2);
    for kit in [new, old] {
        kit.stop().await;
    }
}

/// What pins these releases.
fn pins(folder: &Folder, seqs: &[u64]) -> String {
    let mut lock = Lock::default();
    for seq in seqs {
        let bytes = std::fs::read(folder.path().join(format!("small-{seq}.kith.json"))).unwrap();
        let (envelope, manifest) = inspect(&bytes).unwrap();
        lock.pin(&manifest, sha256(envelope.payload()));
    }
    lock.to_text().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_with_both_releases_pinned_one_is_shadowed_promoted_and_gone_back_from() {
    let folder = Folder::new();
    folder.small(1, &[]);
    let lock = folder.operators("plugins.lock", &pins(&folder, &[1]));
    let settings = Settings { lock_file: Some(lock), lock_required: true, ..folder.settings_by_file() };
    let kit = Kit::with(TestApp::start().await, folder, settings).await;
    let operator = kit.operator().await;
    kit.look().await;
    kit.subscribe("small").await;
    let reason = async || kit.used(&kit.owner, "small.use").await.map_or_else(|denial| denial.reason, |_| "");
    assert_eq!(reason().await, "");
    kit.folder().small(2, &[]);
    kit.look().await;
    let faults = kit.keeper.plugins.faults();
    assert_eq!(faults[0].refused.code, "MANIFEST_LOCK_MISMATCH", "{faults:?}");
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "IN_USE");
    let pin = async |seqs: &[u64]| {
        kit.folder().operators("plugins.lock", &pins(kit.folder(), seqs));
        kit.look().await;
    };
    pin(&[1, 2]).await;
    let seen = kit.plugin(&operator, "small").await;
    assert_eq!((&seen["releaseSeq"], &seen["shadow"]["releaseSeq"]), (&json!(1), &json!(2)), "{seen}");
    for (mutation, release) in [("promotePlugin", 2), ("rollbackPlugin", 1), ("promotePlugin", 2)] {
        assert_eq!(kit.manage(&operator, mutation, "small").await, "");
        assert_eq!((used(&kit), reason().await), (Some(release), ""), "{mutation}");
    }
    pin(&[2]).await;
    assert_eq!(reason().await, "");
    assert_eq!(kit.manage(&operator, "rollbackPlugin", "small").await, "NO_SUCH_RELEASE");
    pin(&[1]).await;
    assert_eq!(reason().await, "SERVICE_UNAVAILABLE", "what is pinned no more runs no more");
    pin(&[1, 2]).await;
    assert_eq!(reason().await, "");
    kit.stop().await;
}
