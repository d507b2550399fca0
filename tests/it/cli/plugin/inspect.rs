//! `kith plugin inspect`.

use kith_plugin_examples::ALL;
use kith_plugin_fixtures::Case;
use serde_json::{Value, json};

use super::super::{kith, run};
use super::Desk;

#[test]
fn an_example_is_shown_to_people_and_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let print = ALL.iter().find(|example| example.id == "acme-print").unwrap();
    std::fs::write(folder.path().join(print.file), print.library).unwrap();
    let (code, text, err) = run(kith(folder.path()).args(["plugin", "inspect", print.file]));
    assert_eq!(code, 0, "{err}");
    for word in [
        "keeps the rules of files",
        "kith_plugin_v1",
        "build id",
        "sha256:",
        "acme_print.waybill.reprint",
        "重打面单",
        "HIGH RISK",
        "The parcel could be sent twice.",
        "max_copies",
        "default 10",
    ] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
    let (code, out, err) = run(kith(folder.path()).args(["plugin", "inspect", "--json", print.file]));
    assert_eq!(code, 0, "{err}");
    let seen: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(seen["size"], json!(print.library.len()));
    let permissions = seen["told"]["permissions"].as_array().unwrap();
    let codes: Vec<&str> = permissions.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes[..2], ["acme_print", "acme_print.waybill"]);
    let reprint = permissions.iter().find(|one| one["code"] == "acme_print.waybill.reprint").unwrap();
    assert_eq!((&reprint["parent"], &reprint["high_risk"]), (&json!("acme_print.waybill"), &json!(true)));
    let copies = &seen["told"]["settings"][0];
    assert_eq!(
        (&copies["kind"], &copies["default"], &copies["schema"]["maximum"]),
        (&json!("integer"), &json!(10), &json!(1000))
    );
    assert!(seen.get("asks").is_none() && seen.get("manifest").is_none(), "nobody said anything of it");
}

#[test]
fn what_the_author_and_the_manifest_say_is_shown_as_what_it_is() {
    let desk = Desk::with(Case::Good);
    let (_, text, _) = desk.run(&["inspect", "libgood.so"]);
    assert!(
        text.contains("acme-fixture (isolated), from plugin.toml") && text.contains("is told       copies"),
        "{text}"
    );
    let (code, _, err) = desk.run(&["sign", "--key", "acme.key", "libgood.so"]);
    assert_eq!(code, 0, "{err}");
    let (_, text, _) = desk.run(&["inspect", "libgood.so"]);
    assert!(text.contains("libgood.kith.json claims (not verified"), "{text}");
    assert!(!text.contains("ANOTHER"), "{text}");
    // The manifest of another build.
    let denies = kith_plugin_fixtures::build(Case::Denies, desk.path());
    std::fs::rename(denies, &desk.library).unwrap();
    let (code, text, _) = desk.run(&["inspect", "libgood.so"]);
    assert_eq!(code, 0);
    assert!(text.contains("ANOTHER library"), "{text}");
    let (_, out, _) = desk.run(&["inspect", "--json", "--no-run", "libgood.so"]);
    let seen: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(seen["manifest"]["describes_this_file"], json!(false));
    assert!(seen.get("told").is_none(), "it was not run");
}

#[test]
fn what_the_server_would_refuse_is_refused_with_its_code() {
    for (case, word) in [
        (Case::RunPath, "ELF_RUNPATH"),
        (Case::ExtraExport, "ELF_EXPORTS"),
        (Case::ExecStack, "ELF_EXECSTACK"),
        (Case::ConstructorCrashes, "CHILD_DIED"),
        (Case::BadMagic, "LOAD_CONTRACT"),
        (Case::TreeDoubledCode, "TREE_DOUBLED"),
        (Case::TreeForeignPrefix, "TREE_FOREIGN"),
        (Case::TreeBidi, "TREE_TEXT"),
        (Case::TreeHuge, "DESCRIBE_TOO_MANY"),
        (Case::FailSelfTest, "SELF_TEST_FAILED"),
    ] {
        let desk = Desk::with(case);
        let library = desk.library.file_name().unwrap().to_str().unwrap().to_owned();
        desk.refused(1, &["inspect", &library], &[word]);
    }
}

#[test]
fn what_is_no_library_is_refused_in_one_line() {
    let desk = Desk::with(Case::Good);
    desk.write("text.so", "this is no library");
    desk.write("empty.so", "");
    desk.write("libgood.kith.json", "{}");
    std::fs::create_dir(desk.path().join("folder.so")).unwrap();
    desk.refused(1, &["inspect", "text.so"], &["ELF_MALFORMED"]);
    desk.refused(1, &["inspect", "empty.so"], &["ELF_MALFORMED"]);
    desk.refused(1, &["inspect", "folder.so"], &["is no file"]);
    desk.refused(1, &["inspect", "missing.so"], &["missing.so", "cannot be read"]);
    desk.refused(1, &["inspect", "/dev/zero"], &["is no file"]);
    desk.refused(1, &["inspect", "libgood.so"], &["MANIFEST_ENVELOPE_MALFORMED"]);
    desk.write("libgood.kith.json", &"x".repeat(300_000));
    desk.refused(1, &["inspect", "libgood.so"], &["more than 262144 bytes"]);
}
