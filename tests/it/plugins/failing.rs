//! h23: a plugin that crashes, hangs, floods or lies costs its own codes and nothing else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_plugin_fixtures::Case;
use serde_json::json;

use super::kit::{Kit, until};

pub fn signal(process: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The fixture beside a service that behaves; both subscribed to.
async fn beside(case: Case) -> Kit {
    let kit = Kit::start().await;
    kit.folder().fixture(case);
    kit.folder().small(1, &[]);
    kit.look().await;
    assert!(kit.keeper.plugins.faults().is_empty(), "{:?}", kit.keeper.plugins.faults());
    kit.subscribe("fixture").await;
    kit.subscribe("small").await;
    kit
}

/// Whatever happens to the fixture's code, the neighbour's and Kith's own go on.
async fn harms_only_its_own(kit: &Kit, reason: &str) {
    for _ in 0..5 {
        let before = Instant::now();
        let denial = kit.used(&kit.owner, "fixture.use").await.unwrap_err();
        assert_eq!(denial.reason, reason, "{denial:?}");
        assert!(before.elapsed() < Duration::from_secs(5));
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
        assert!(kit.used(&kit.owner, "item.read").await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_service_that_crashes() {
    let kit = beside(Case::Segfault).await;
    harms_only_its_own(&kit, "SERVICE_UNAVAILABLE").await;
    let operator = kit.operator().await;
    let seen = kit.plugin(&operator, "fixture").await;
    assert!(seen["figures"]["crashes"].as_i64().unwrap() > 0, "{seen}");
    assert!(seen["figures"]["faults"].as_i64().unwrap() >= 5, "{seen}");
    assert_eq!(kit.plugin(&operator, "small").await["state"], "READY");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_service_that_hangs() {
    let kit = beside(Case::EndlessLoop).await;
    harms_only_its_own(&kit, "SERVICE_UNAVAILABLE").await;
    let operator = kit.operator().await;
    until("the hanging child is ended", async || {
        kit.plugin(&operator, "fixture").await["figures"]["kills"].as_i64().unwrap() > 0
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_service_that_floods_its_log() {
    let kit = beside(Case::FloodsLog).await;
    for _ in 0..3 {
        // Whether a flood answers before it is ended is its own affair.
        let _ = kit.used(&kit.owner, "fixture.use").await;
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    }
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_service_that_lies() {
    for case in [Case::EffectTwo, Case::NineObligations, Case::AllowButFails, Case::UnknownObligation, Case::BadUtf8] {
        let kit = beside(case).await;
        harms_only_its_own(&kit, "SERVICE_UNAVAILABLE").await;
        kit.stop().await;
    }
}

/// A crash loop trips the breaker; then it is denied at once. An operator lets it go on.
#[tokio::test(flavor = "multi_thread")]
async fn h23_a_crash_loop_is_broken_off_and_an_operator_sees_it() {
    let kit = beside(Case::Abort).await;
    let operator = kit.operator().await;
    until("it is broken off", async || {
        let _ = kit.used(&kit.owner, "fixture.use").await;
        kit.plugin(&operator, "fixture").await["state"] == "BROKEN"
    })
    .await;
    let before = Instant::now();
    assert_eq!(kit.used(&kit.owner, "fixture.use").await.unwrap_err().reason, "SERVICE_UNAVAILABLE");
    assert!(before.elapsed() < Duration::from_secs(1), "nobody waits for what is broken off");
    assert_eq!(kit.manage(&operator, "releasePlugin", "fixture").await, "");
    until("it starts again", async || kit.plugin(&operator, "fixture").await["state"] == "READY").await;
    kit.stop().await;
}

/// What is refused changes nothing and is listed with its code.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_listed_and_changes_nothing() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    // A later release whose library was changed after signing.
    kit.folder().small(2, &[]);
    let library = kit.folder().path().join("small-2.so");
    let mut bytes = std::fs::read(&library).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&library, bytes).unwrap();
    // A library without a manifest, and one that nobody trusted signed.
    std::fs::write(kit.folder().path().join("alone.so"), b"\x7fELF").unwrap();
    let stranger = super::kit::Folder::new();
    stranger.small_as("other", 1, &[]);
    for file in ["other-1.so", "other-1.kith.json"] {
        std::fs::copy(stranger.path().join(file), kit.folder().path().join(file)).unwrap();
    }
    kit.look().await;
    let operator = kit.operator().await;
    let faults = kit.app.ok(&operator, "{ pluginFaults { file code message } }", json!({})).await;
    let code = |file: &str| {
        let all = faults["pluginFaults"].as_array().unwrap();
        all.iter().find(|fault| fault["file"] == file).map(|fault| fault["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(code("alone.so").as_deref(), Some("FILE_MISSING"), "{faults}");
    assert_eq!(code("other-1.so").as_deref(), Some("MANIFEST_UNKNOWN_KEY"), "{faults}");
    assert!(code("small-2.so").is_some(), "{faults}");
    assert_eq!(kit.catalogue().await, ["small", "small.use"]);
    assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    kit.stop().await;
}

/// As `pluginFaults` says: `chmod go-w` is enough, nothing has to be written anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_its_mode_is_taken_once_that_is_mended() {
    let kit = Kit::start().await;
    kit.look().await;
    let looked = async |path: &Path, mode: u32, expected: &[&str]| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        kit.look().await;
        let faults = kit.keeper.plugins.faults();
        let codes: Vec<&str> = faults.iter().map(|fault| fault.refused.code.as_str()).collect();
        assert_eq!(codes, expected, "{mode:o} {}", path.display());
    };
    let folder = kit.folder().path();
    let library = folder.join("small-1.so");
    kit.folder().small(1, &[]);
    looked(library.as_path(), 0o664, &["FILE_WRITABLE"]).await;
    looked(library.as_path(), 0o644, &[]).await;
    assert_eq!(kit.catalogue().await, ["small", "small.use"]);
    kit.folder().small_as("other", 1, &[]);
    looked(folder, 0o775, &["FOLDER_WRITABLE"]).await;
    assert_eq!(kit.catalogue().await, ["small", "small.use"], "what runs goes on");
    looked(folder, 0o755, &[]).await;
    assert!(kit.catalogue().await.contains(&"other.use".to_owned()));
    kit.stop().await;
}

/// A look tells each change once: one that could not be written is made up for by the next.
#[tokio::test(flavor = "multi_thread")]
async fn h11_what_comes_and_goes_while_the_database_refuses_is_written_by_the_next_look() {
    let kit = Kit::start().await;
    kit.look().await;
    let failing = async || {
        kit.app.sql("ALTER TABLE plugins ADD CONSTRAINT not_now CHECK (false) NOT VALID").await;
        assert!(kit.keeper.look().await.is_err());
        assert!(kit.keeper.look().await.is_err(), "as long as it lasts");
        kit.app.sql("ALTER TABLE plugins DROP CONSTRAINT not_now").await;
        kit.look().await;
    };
    kit.folder().small(1, &[]);
    failing().await;
    assert_eq!(kit.catalogue().await, ["small", "small.use"]);
    kit.folder().remove("small-1");
    failing().await;
    assert_eq!(kit.catalogue().await, Vec::<String>::new());
    // Gone and back before anything could be written: it was never away.
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.app.sql("ALTER TABLE plugins ADD CONSTRAINT not_now CHECK (false) NOT VALID").await;
    kit.folder().remove("small-1");
    assert!(kit.keeper.look().await.is_err());
    kit.folder().small(1, &[]);
    kit.app.sql("ALTER TABLE plugins DROP CONSTRAINT not_now").await;
    kit.look().await;
    assert_eq!(kit.catalogue().await, ["small", "small.use"]);
    kit.app.verified().await;
    kit.stop().await;
}

/// What runs was copied and sealed: what becomes of its file afterwards harms nothing, not even when its child starts anew.
#[tokio::test(flavor = "multi_thread")]
async fn h23_a_file_that_is_overwritten_cut_short_or_deleted_harms_nothing_that_runs() {
    let kit = Kit::start().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let library = kit.folder().path().join("small-1.so");
    let spoil: [(&str, &dyn Fn()); 3] = [
        ("overwritten", &|| std::fs::write(&library, b"something else").unwrap()),
        ("cut short", &|| std::fs::File::create(&library).unwrap().set_len(1).unwrap()),
        ("deleted", &|| std::fs::remove_file(&library).unwrap()),
    ];
    for (what, spoil) in spoil {
        spoil();
        kit.look().await;
        assert!(kit.used(&kit.owner, "small.use").await.is_ok(), "{what}");
        let process = kit.keeper.plugins.set().get("small").unwrap().figures().process.unwrap();
        signal(process, "KILL");
        until("another child answers", async || {
            let now = kit.keeper.plugins.set().get("small").unwrap().figures().process;
            now.is_some_and(|now| now != process) && kit.used(&kit.owner, "small.use").await.is_ok()
        })
        .await;
        assert_eq!(kit.keeper.plugins.faults().len(), 1, "{what}: {:?}", kit.keeper.plugins.faults());
    }
    kit.stop().await;
}
