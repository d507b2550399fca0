//! The built library answers the golden vectors and keeps the contract.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use kith_plugin_fixtures::{Loaded, example};
use kith_plugin_sdk::golden::Golden;

fn open(settings: &str) -> Result<Loaded, String> {
    let dir = tempfile::tempdir().unwrap();
    Loaded::open(&example("waybill-print", dir.path()), settings)
}

#[test]
fn the_library_answers_the_golden_vectors() {
    let golden = Golden::parse(include_str!("../golden.json")).unwrap();
    let loaded = open(&golden.settings_json()).unwrap();
    assert_eq!(golden.run(|request, decision| loaded.authorize(request, decision)), []);
    assert_eq!(loaded.self_test(), 0);
    assert_ne!(loaded.plugin.build_id, [0; 32]);
    loaded.destroy();
}

#[test]
fn the_library_tells_its_tree_and_settings() {
    let told = open("{}").unwrap().describe().unwrap();
    let tree: Vec<_> = told.permissions.iter().map(|(code, parent, risk, _)| (code.as_str(), *parent, *risk)).collect();
    assert_eq!(
        tree,
        [
            ("acme_print", None, 0),
            ("acme_print.waybill", Some(0), 0),
            ("acme_print.waybill.print", Some(1), 0),
            ("acme_print.waybill.reprint", Some(1), 1),
            ("acme_print.template.update", Some(0), 0),
        ]
    );
    for (key, default, schema) in &told.settings {
        assert!(serde_json::from_str::<serde_json::Value>(default).is_ok(), "{key}");
        assert!(serde_json::from_str::<serde_json::Value>(schema).is_ok(), "{key}");
    }
    assert_eq!(told.settings.len(), 3);
}

#[test]
fn settings_that_make_no_sense_are_refused_with_a_line_in_the_log() {
    let error = open(r#"{"max_copies": "many"}"#).unwrap_err();
    assert!(error.contains("-3") && error.contains("expected i64"), "{error}");
}
