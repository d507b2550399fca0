//! What the operator takes back is taken back: also of what runs and of what is kept to go back to, though its files are gone or
//! are others by now; and what an operator removed stays removed.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::kit::{Folder, Kit};
use crate::support::app::TestApp;

/// Kith with an operator who trusts by a file.
async fn by_file() -> Kit {
    let folder = Folder::new();
    let settings = folder.settings_by_file();
    Kit::with(TestApp::start().await, folder, settings).await
}

/// The reason why the owner may not use the small service's code; empty when they may.
async fn reason(kit: &Kit) -> &'static str {
    kit.used(&kit.owner, "small.use").await.map_or_else(|denial| denial.reason, |_| "")
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_what_an_operator_removed_comes_back_by_new_files_only() {
    let kit = by_file().await;
    let operator = kit.operator().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    assert_eq!(kit.manage(&operator, "removePlugin", "small").await, "");
    let trust = kit.folder().trust();
    // Nobody is trusted for a while: the same files are refused and taken again.
    for text in ["[[publisher", &trust, "", &(trust.clone() + "\n")] {
        kit.folder().operators("trust.toml", text);
        kit.look().await;
        assert_eq!(kit.plugin(&operator, "small").await["state"], "REMOVED", "{text:?}");
    }
    assert_eq!(kit.catalogue().await, Vec::<String>::new());
    kit.folder().small(1, &[]);
    kit.look().await;
    assert_eq!(kit.plugin(&operator, "small").await["state"], "READY");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_key_that_is_revoked_ends_what_runs_though_its_file_is_another_by_now() {
    let kit = by_file().await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    assert_eq!(reason(&kit).await, "");
    std::fs::write(kit.folder().path().join("small-1.so"), b"something else").unwrap();
    kit.look().await;
    assert_eq!(reason(&kit).await, "", "what was checked is in memory, and goes on");
    let trust = kit.folder().trust();
    let revoked = format!("{trust}[revoked]\nkeys = [{:?}]\n", kit.folder().key_id());
    kit.folder().operators("trust.toml", &revoked);
    kit.look().await;
    assert_eq!(reason(&kit).await, "SERVICE_UNAVAILABLE");
    assert!(kit.keeper.plugins.set().get("small").is_none());
    kit.folder().operators("trust.toml", &(trust + "\n"));
    kit.look().await;
    assert_eq!(reason(&kit).await, "", "believed again");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_release_that_is_revoked_is_not_gone_back_to_though_its_files_are_gone() {
    let kit = by_file().await;
    let operator = kit.operator().await;
    for seq in [1, 2] {
        kit.folder().small(seq, &[]);
        kit.look().await;
    }
    kit.subscribe("small").await;
    assert_eq!(kit.manage(&operator, "promotePlugin", "small").await, "");
    let first = kit.keeper.plugins.release("small", 1).unwrap().verified.digest;
    kit.folder().remove("small-1");
    kit.look().await;
    assert!(kit.keeper.plugins.release("small", 1).is_some(), "to go back to");
    let revoked = format!("{}[revoked]\ndigests = [\"{first}\"]\n", kit.folder().trust());
    kit.folder().operators("trust.toml", &revoked);
    kit.look().await;
    assert_eq!(kit.manage(&operator, "rollbackPlugin", "small").await, "NO_SUCH_RELEASE");
    let faults = kit.keeper.plugins.faults();
    assert!(faults.iter().any(|fault| fault.refused.code == "MANIFEST_DIGEST_REVOKED"), "{faults:?}");
    assert_eq!(kit.plugin(&operator, "small").await["releaseSeq"], 2);
    assert_eq!(reason(&kit).await, "", "the other one is as good as before");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_what_is_no_longer_countersigned_runs_in_process_no_more() {
    let kit = by_file().await;
    kit.folder().small_in_process(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    assert_eq!(reason(&kit).await, "");
    let trust = kit.folder().trust();
    let without = trust.split("[[countersigner]]").next().unwrap().to_owned();
    kit.folder().operators("trust.toml", &without);
    kit.look().await;
    assert_eq!(reason(&kit).await, "SERVICE_UNAVAILABLE");
    kit.stop().await;
}

/// The operator's own files are under the same rules as plugins: who can write them could trust themselves.
#[tokio::test(flavor = "multi_thread")]
async fn h23_trust_and_lock_files_that_others_can_write_or_that_are_links_trust_nobody() {
    let folder = Folder::new();
    let trust = folder.operators("trust.toml", &folder.trust());
    let lock = folder.operators("plugins.lock", "");
    let settings = kith::plugins::Settings { lock_file: Some(lock.clone()), ..folder.settings_by_file() };
    let kit = Kit::with(TestApp::start().await, folder, settings).await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    assert_eq!(reason(&kit).await, "");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let around = trust.parent().unwrap();
    let refused = async |code: &str| {
        kit.look().await;
        let faults = kit.keeper.plugins.faults();
        assert!(faults.iter().any(|fault| fault.file.is_empty() && fault.refused.code == code), "{code}: {faults:?}");
        assert_eq!(reason(&kit).await, "SERVICE_UNAVAILABLE", "{code}");
    };
    let mended = async |what: &str| {
        kit.look().await;
        assert_eq!(reason(&kit).await, "", "{what}: {:?}", kit.keeper.plugins.faults());
    };
    for (file, kind) in [(&trust, "TRUST"), (&lock, "LOCK")] {
        for (bits, what) in [(0o664, "WRITABLE"), (0o646, "WRITABLE"), (0o4644, "SPECIAL_BITS")] {
            mode(file, bits);
            refused(&format!("{kind}_FILE_{what}")).await;
            mode(file, 0o644);
            mended(what).await;
        }
        let (aside, name) = (around.join("aside"), file.clone());
        std::fs::rename(&name, &aside).unwrap();
        refused(&format!("{kind}_FILE_MISSING")).await;
        std::os::unix::fs::symlink(&aside, &name).unwrap();
        refused(&format!("{kind}_FILE_SYMLINK")).await;
        std::fs::remove_file(&name).unwrap();
        std::fs::hard_link(&aside, &name).unwrap();
        refused(&format!("{kind}_FILE_LINKED")).await;
        std::fs::remove_file(&aside).unwrap();
        mended("alone again").await;
    }
    mode(around, 0o777);
    refused("TRUST_FOLDER_WRITABLE").await;
    mode(around, 0o700);
    mended("the folder").await;
    let operator = kit.operator().await;
    assert_eq!(kit.app.ok(&operator, "{ pluginFaults { code } }", json!({})).await["pluginFaults"], json!([]));
    kit.stop().await;
}
