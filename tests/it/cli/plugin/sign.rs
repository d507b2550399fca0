//! `kith plugin sign`.

use kith_plugin_fixtures::Case;
use kith_plugin_manifest::{Mode, SecretKey, inspect};

use super::{DRAFT, Desk};

#[test]
fn the_manifest_says_what_was_found_in_the_library() {
    let desk = Desk::with(Case::Good);
    let (code, out, err) = desk.run(&["sign", "--key", "acme.key", "--valid-days", "30", "libgood.so"]);
    assert_eq!((code, out.as_str()), (0, "libgood.kith.json\n"), "{err}");
    let bytes = std::fs::read(desk.path().join("libgood.kith.json")).unwrap();
    let (envelope, manifest) = inspect(&bytes).unwrap();
    let key = SecretKey::read(&desk.path().join("acme.key")).unwrap().public();
    assert_eq!(envelope.key_ids().collect::<Vec<_>>(), [key.id()]);
    assert_eq!((manifest.id.as_str(), manifest.release_seq, manifest.mode), ("acme-fixture", 3, Mode::Isolated));
    assert_eq!(manifest.attributes, ["copies"]);
    assert_eq!((manifest.not_after - manifest.not_before).num_days(), 30);
    let library = std::fs::read(&desk.library).unwrap();
    let [artefact] = manifest.artefacts.as_slice() else { panic!("one artefact") };
    assert_eq!((artefact.size, artefact.sha256), (library.len() as u64, kith_plugin_manifest::sha256(&library)));
    // What it tells in the server's process is what was signed.
    let sealed = kith_plugin_loader::Sealed::of_bytes(&library).unwrap();
    let expected = sealed.measure().unwrap();
    let told = sealed.check(&expected).unwrap().load(Box::new(|_, _| ())).unwrap().describe().unwrap();
    assert_eq!(manifest.tree, told.tree(Some("fixture")).unwrap().digest());
    assert_eq!(artefact.padded_build_id(), expected.build_id);
}

#[test]
fn a_countersignature_is_added_and_the_first_stays() {
    let desk = Desk::signed();
    let (code, _, err) = desk.run(&["keygen", "operator.key"]);
    assert_eq!(code, 0, "{err}");
    for _ in 0..2 {
        let (code, out, err) = desk.run(&["sign", "--countersign", "--key", "operator.key", "libgood.so"]);
        assert_eq!((code, out.as_str()), (0, "libgood.kith.json\n"), "{err}");
    }
    let bytes = std::fs::read(desk.path().join("libgood.kith.json")).unwrap();
    let id = |file: &str| SecretKey::read(&desk.path().join(file)).unwrap().public().id();
    let (envelope, _) = inspect(&bytes).unwrap();
    assert_eq!(
        envelope.key_ids().collect::<Vec<_>>(),
        [id("acme.key"), id("operator.key")],
        "once, although asked twice"
    );
    let both = ["sign", "--countersign", "--draft", "x", "--key", "operator.key", "libgood.so"];
    assert_eq!(desk.run(&both).0, 2, "either the one or the other");
}

#[test]
fn what_is_wrong_is_not_signed() {
    let desk = Desk::with(Case::Good);
    let sign = ["sign", "--key", "acme.key", "libgood.so"];
    desk.refused(1, &["sign", "--key", "missing.key", "libgood.so"], &["KEY_FILE_INVALID", "missing.key"]);
    desk.refused(1, &["sign", "--key", "acme.key", "missing.so"], &["missing.so"]);
    desk.refused(2, &["sign", "--key", "acme.key", "plugin.toml"], &[".so"]);
    desk.refused(1, &["sign", "--countersign", "--key", "acme.key", "libgood.so"], &["libgood.kith.json"]);
    for (draft, words) in [
        ("", &["plugin.toml", "PLUGIN_TOML_INVALID"][..]),
        ("id = ", &["PLUGIN_TOML_INVALID"]),
        (&DRAFT.replace("release_seq = 3", "release_seq = 0"), &["MANIFEST_INVALID", "release_seq"]),
        (&DRAFT.replace("acme-fixture", "Acme"), &["MANIFEST_INVALID", "id:"]),
        (&DRAFT.replace("attributes", "atributes"), &["PLUGIN_TOML_INVALID", "atributes"]),
        (&DRAFT.replace("\"fixture\"", "\"other\""), &["TREE_FOREIGN", "fixture"]),
        (&DRAFT.replace("code_prefix = \"fixture\"", "advises = [\"refund.approve\"]"), &["TREE_ROLE"]),
    ] {
        desk.write("plugin.toml", draft);
        desk.refused(1, &sign, words);
    }
    std::fs::remove_file(desk.path().join("plugin.toml")).unwrap();
    desk.refused(2, &sign, &["plugin.toml", "--draft"]);
    desk.write("plugin.toml", DRAFT);
    desk.write("golden.json", "{\"vectors\": 3}");
    desk.refused(1, &sign, &["golden.json"]);
    let vector = "{\"vectors\":[{\"name\":\"no copies\",\"request\":{\"permission\":\"fixture.use\"},\"decision\":{\"allow\":false}}]}";
    desk.write("golden.json", vector);
    desk.refused(1, &sign, &["PROBE_GOLDEN", "no copies"]);
    assert!(!desk.path().join("libgood.kith.json").exists(), "nothing was written");
    assert_eq!(desk.run(&["sign", "--key", "acme.key", "--valid-days", "0", "libgood.so"]).0, 2);
}
