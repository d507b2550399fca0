//! `kith plugin new`. That what it writes builds and works is shown by `readme.rs`.

use super::super::{kith, refused, run};

#[test]
fn a_crate_is_written_and_says_where_its_kit_is() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(kith(folder.path()).args(["plugin", "new", "acme-labels"]));
    assert_eq!(code, 0, "{err}");
    assert_eq!(out, "./acme-labels\n");
    assert!(err.contains("not on crates.io") && err.contains("--sdk"), "{err}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("acme-labels").join(name)).unwrap();
    let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/sdk");
    assert!(read("Cargo.toml").contains(sdk), "{}", read("Cargo.toml"));
    assert!(read("plugin.toml").contains("publisher = \"acme\""));
    assert!(read("src/lib.rs").contains("acme_labels.label.print"));
    let other = ["plugin", "new", "labels", "--publisher", "house", "--sdk", sdk, "--into", "acme-labels"];
    let (code, out, _) = run(kith(folder.path()).args(other));
    assert_eq!((code, out.as_str()), (0, "acme-labels/labels\n"));
    assert!(read("labels/plugin.toml").contains("publisher = \"house\""));
}

#[test]
fn bad_names_and_kits_are_refused_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "ab", "Acme", "acme--x", "../acme", "acme_labels", "self", "宝贝贝", &"x".repeat(65)] {
        refused(kith(folder.path()).args(["plugin", "new", name]), &["kith plugin new", "name"]);
    }
    refused(kith(folder.path()).args(["plugin", "new", "acme-x", "--publisher", "A"]), &["publisher"]);
    for sdk in ["/nowhere", ".", "/etc"] {
        refused(kith(folder.path()).args(["plugin", "new", "acme-x", "--sdk", sdk]), &["--sdk", "kith-plugin-sdk"]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
    std::fs::create_dir(folder.path().join("acme-x")).unwrap();
    std::fs::write(folder.path().join("acme-x/Cargo.toml"), "precious").unwrap();
    let (code, out, err) = run(kith(folder.path()).args(["plugin", "new", "acme-x"]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("acme-x") && err.lines().count() == 1, "{err}");
    assert_eq!(std::fs::read_to_string(folder.path().join("acme-x/Cargo.toml")).unwrap(), "precious");
}
