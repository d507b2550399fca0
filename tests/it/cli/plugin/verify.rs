//! `kith plugin verify`: each refusal with its code and what to do.

use std::os::unix::fs::PermissionsExt as _;

use kith_plugin_fixtures::{Case, build};
use kith_plugin_manifest::sha256;

use super::{DRAFT, Desk, TRUST};

#[test]
fn a_good_release_is_verified_against_a_trust_file_or_a_key() {
    let desk = Desk::signed();
    for against in [["--trust", "trust.toml"], ["--key", &desk.public]] {
        let (code, out, err) = desk.run(&["verify", "--in-place", against[0], against[1], "libgood.so"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.starts_with("ok: acme-fixture 3.0.0 (release 3) of acme, isolated"), "{out}");
    }
    desk.write("acme.pub", &format!("{}\n", desk.public));
    assert_eq!(desk.run(&["verify", "--key", "acme.pub", "libgood.so"]).0, 0);
    // As cargo leaves it: with two names. Only the server's folder is strict about that.
    std::fs::hard_link(&desk.library, desk.path().join("other.so")).unwrap();
    assert_eq!(desk.run(&["verify", "--key", "acme.pub", "libgood.so"]).0, 0);
    desk.refused(1, &["verify", "--in-place", "--key", "acme.pub", "libgood.so"], &["FILE_LINKED", "copy it"]);
}

#[test]
fn usage_is_told_from_refusals() {
    let desk = Desk::signed();
    assert_eq!(desk.run(&["verify", "libgood.so"]).0, 2, "against what?");
    assert_eq!(desk.run(&["verify", "--trust", "trust.toml", "--key", &desk.public, "libgood.so"]).0, 2);
    desk.refused(2, &["verify", "--key", "acme.key", "libgood.so"], &["secret key"]);
    desk.refused(1, &["verify", "--key", "missing.pub", "libgood.so"], &["missing.pub"]);
    desk.refused(1, &["verify", "--key", "kith-pub:AAAA", "libgood.so"], &["KEY_FILE_INVALID"]);
    desk.refused(1, &["verify", "--trust", "missing.toml", "libgood.so"], &["missing.toml"]);
}

#[test]
fn each_refusal_has_its_code() {
    let desk = Desk::signed();
    let verify = ["verify", "--trust", "trust.toml", "libgood.so"];
    let good = TRUST.replace("KEY", &desk.public);
    let (_, stranger, _) = desk.run(&["keygen", "stranger.key"]);
    let digest = sha256(&std::fs::read(&desk.library).unwrap());
    let id = |file: &str| kith_plugin_manifest::SecretKey::read(&desk.path().join(file)).unwrap().public().id();
    for (trust, code) in [
        (String::new(), "MANIFEST_UNKNOWN_KEY"),
        (TRUST.replace("KEY", stranger.trim()), "MANIFEST_UNKNOWN_KEY"),
        ("[[publisher]]\nname = 3".to_owned(), "TRUST_FILE_INVALID"),
        (good.replace("[\"acme\"]", "[\"rival\"]"), "MANIFEST_ID_FOREIGN"),
        (good.replace("[\"fixture\"]", "[\"rival\"]"), "MANIFEST_CODE_FOREIGN"),
        (good.replace("\"acme\"\nkeys", "\"house\"\nkeys"), "MANIFEST_PUBLISHER_MISMATCH"),
        (format!("{good}[revoked]\nkeys = [\"{}\"]", id("acme.key")), "MANIFEST_KEY_REVOKED"),
        (format!("{good}[revoked]\ndigests = [\"{digest}\"]"), "MANIFEST_DIGEST_REVOKED"),
    ] {
        desk.write("trust.toml", &trust);
        desk.refused(1, &verify, &[code]);
    }
    desk.write("trust.toml", &good);
    desk.refused(
        1,
        &["verify", "--accepted", "4", "--trust", "trust.toml", "libgood.so"],
        &["MANIFEST_DOWNGRADE", "3 after 4"],
    );
    desk.write("empty.lock", "");
    desk.refused(
        1,
        &["verify", "--lock", "empty.lock", "--trust", "trust.toml", "libgood.so"],
        &["MANIFEST_NOT_LOCKED", "kith plugin lock"],
    );

    desk.write("plugin.toml", &DRAFT.replace("[role]", "mode = \"in_process\"\n[role]"));
    assert_eq!(desk.run(&["sign", "--key", "acme.key", "libgood.so"]).0, 0);
    desk.refused(1, &verify, &["MANIFEST_MODE_NOT_ALLOWED"]);
    desk.write("trust.toml", &good.replace("id_prefixes", "strongest_mode = \"in_process\"\nid_prefixes"));
    desk.refused(1, &verify, &["MANIFEST_NOT_COUNTERSIGNED", "--countersign"]);
    assert_eq!(desk.run(&["sign", "--countersign", "--key", "stranger.key", "libgood.so"]).0, 0);
    let strongest = good.replace("id_prefixes", "strongest_mode = \"in_process\"\nid_prefixes");
    desk.write("trust.toml", &format!("{strongest}[[countersigner]]\nname = \"ops\"\nkey = \"{}\"\n", stranger.trim()));
    let (code, out, err) = desk.run(&verify);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("in process"), "{out}");
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    let desk = Desk::signed();
    let verify = ["verify", "--trust", "trust.toml", "libgood.so"];
    let manifest = desk.path().join("libgood.kith.json");
    let signed = std::fs::read_to_string(&manifest).unwrap();
    // One character of the payload, still base64.
    let at = signed.find("\"payload\":\"").unwrap() + 20;
    let other = if &signed[at..=at] == "A" { "B" } else { "A" };
    desk.write("libgood.kith.json", &format!("{}{other}{}", &signed[..at], &signed[at + 1..]));
    desk.refused(1, &verify, &["MANIFEST_SIGNATURE_WRONG", "fetch the publisher's file again"]);
    desk.write("libgood.kith.json", &format!("{signed} "));
    desk.refused(1, &verify, &["MANIFEST_ENVELOPE_NOT_CANONICAL"]);
    std::fs::remove_file(&manifest).unwrap();
    desk.refused(1, &verify, &["libgood.kith.json", "cannot be read"]);
    desk.write("libgood.kith.json", &signed);
    let library = std::fs::read(&desk.library).unwrap();
    let mut flipped = library.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&desk.library, flipped).unwrap();
    desk.refused(1, &verify, &["LIBRARY_DIGEST", "fetch it again"]);
    std::fs::write(&desk.library, library).unwrap();
    std::fs::set_permissions(&desk.library, std::fs::Permissions::from_mode(0o664)).unwrap();
    desk.refused(1, &["verify", "--in-place", "--trust", "trust.toml", "libgood.so"], &["FILE_WRITABLE", "chmod go-w"]);
    let denies = build(Case::Denies, desk.path());
    std::fs::rename(denies, &desk.library).unwrap();
    desk.refused(1, &verify, &["LIBRARY_DIGEST"]);
}
