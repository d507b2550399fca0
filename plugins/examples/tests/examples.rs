//! Every example answers its golden vectors and tells only permissions within its prefix.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::HashSet;

use kith_plugin_examples::{ALL, Example};
use kith_plugin_fixtures::Loaded;
use kith_plugin_sdk::golden::Golden;

fn open(example: &Example, settings: &str) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(example.file);
    std::fs::write(&path, example.library).unwrap();
    Loaded::open(&path, settings).unwrap()
}

#[test]
fn every_example_answers_its_golden_vectors() {
    for example in ALL {
        let golden = Golden::parse(example.golden).unwrap();
        let loaded = open(example, &golden.settings_json());
        assert_eq!(golden.run(|request, decision| loaded.authorize(request, decision)), [], "{}", example.id);
        assert_eq!(loaded.self_test(), 0);
        loaded.destroy();
    }
}

#[test]
fn every_example_works_with_its_defaults_and_has_codes_within_its_prefix_only() {
    for example in ALL {
        let told = open(example, "{}").describe().unwrap();
        assert_eq!(told.permissions.is_empty(), example.code_prefix.is_none(), "{}", example.id);
        for (code, ..) in &told.permissions {
            let prefix = example.code_prefix.unwrap();
            assert!(code == prefix || code.strip_prefix(prefix).unwrap().starts_with('.'), "{code}");
        }
        assert!(!told.settings.is_empty());
    }
}

#[test]
fn every_build_has_an_id_of_its_own() {
    let ids: HashSet<[u8; 32]> = ALL.iter().map(|example| open(example, "{}").plugin.build_id).collect();
    assert_eq!(ids.len(), ALL.len());
    assert!(!ids.contains(&[0; 32]));
}

#[test]
fn golden_vectors_use_only_the_attributes_that_the_manifest_asks_for() {
    for example in ALL {
        for vector in Golden::parse(example.golden).unwrap().vectors {
            // One vector of each shows what happens with an attribute that is not among them.
            let foreign = vector.request.attrs.keys().filter(|key| !example.attributes.contains(&key.as_str()));
            assert!(foreign.count() == 0 || !vector.decision.allow, "{}: {}", example.id, vector.name);
        }
    }
}
