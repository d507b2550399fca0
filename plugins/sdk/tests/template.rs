//! What `kith plugin new` writes builds, passes its own tests, and is a plugin.
#![cfg(feature = "template")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::process::Command;

use kith_plugin_fixtures::Loaded;
use kith_plugin_sdk::golden::Golden;
use kith_plugin_sdk::template::{SDK_PATH, render};

#[test]
fn names_that_are_none_are_refused() {
    for wrong in ["", "ab", "9print", "Acme", "acme--print", "-acme", "acme-", "acme_print", "宝贝贝", "../../etc"] {
        assert!(render(wrong, "acme", SDK_PATH).is_err(), "{wrong}");
        assert!(render("acme-print", wrong, SDK_PATH).is_err(), "{wrong}");
    }
    for word in ["self", "test", "match"] {
        assert!(render(word, "acme", SDK_PATH).unwrap_err().contains("acme-"), "{word}");
    }
    for (path, text) in render("acme-print-2", "acme", SDK_PATH).unwrap() {
        assert!(!text.contains("{{"), "{path}");
    }
}

#[test]
fn a_new_plugin_outside_the_workspace_builds_tests_itself_and_decides() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in render("acme-labels", "acme", SDK_PATH).unwrap() {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    // The versions that are there already: the test must not fetch anything.
    std::fs::copy(Path::new(SDK_PATH).join("../../Cargo.lock"), dir.path().join("Cargo.lock")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-plugin");
    for command in ["test", "build"] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(dir.path()).args([command, "--offline"]).arg("--target-dir").arg(&target);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        if command == "test" {
            assert!(String::from_utf8_lossy(&output.stdout).contains("the_golden_vectors_hold ... ok"));
        }
    }
    let golden = Golden::parse(&std::fs::read_to_string(dir.path().join("golden.json")).unwrap()).unwrap();
    let loaded = Loaded::open(&target.join("debug/libacme_labels.so"), &golden.settings_json()).unwrap();
    assert_eq!(golden.run(|request, decision| loaded.authorize(request, decision)), []);
    assert_eq!(loaded.describe().unwrap().permissions.len(), 2);
    assert_ne!(loaded.plugin.build_id, [0; 32]);
}
