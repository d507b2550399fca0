//! The whole way of a signed plugin, from its two files to an answer.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{TimeDelta, Utc};
use kith_plugin_loader::{Checked, Parts, PrepareRefusal, Request, Rules, prepare};
use kith_plugin_manifest::{
    AbiRange, Artefact, Conditions, Draft, Envelope, Mode, Publisher, SecretKey, Trust, Verified, countersign, sign,
};
use support::{build, folder, seal};

const DRAFT: &str = "id = \"acme-print\"\npublisher = \"acme\"\nrelease_seq = 3\n[role]\ncode_prefix = \"acme\"\n";

struct Release {
    folder: tempfile::TempDir,
    key: SecretKey,
}

impl Release {
    /// Builds and signs as `kith plugin sign` does.
    fn new(salt: &str) -> Self {
        let release = Self { folder: folder(), key: SecretKey::generate().unwrap() };
        let path = build(release.folder.path(), "plugin.so", &[salt]);
        let tree = support::load(&path).describe().unwrap().tree(Some("acme")).unwrap().digest();
        let sealed = seal(&path);
        let artefact = Artefact {
            target: Conditions::here(Utc::now(), (1, 0)).target.into(),
            libc: "gnu".into(),
            sha256: sealed.digest(),
            size: sealed.size(),
            build_id: sealed.facts().unwrap().build_id_hex(),
        };
        let abi = AbiRange { major: 1, min_minor: 0, minor: 0 };
        let from = Utc::now() - TimeDelta::minutes(1);
        let manifest =
            Draft::parse(DRAFT).unwrap().complete(tree, abi, vec![artefact], from, TimeDelta::days(90)).unwrap();
        release.write("manifest.json", &sign(&manifest, &release.key).unwrap().to_bytes());
        release
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn prepare_after(&self, high_water: u64) -> Result<(Verified, Checked), PrepareRefusal> {
        let publisher = Publisher {
            name: "acme".into(),
            keys: vec![self.key.public()],
            id_prefixes: vec!["acme".into()],
            code_prefixes: vec!["acme".into()],
            strongest_mode: Mode::Isolated,
            advises: vec![],
        };
        let trust = Trust::new(vec![publisher], vec![], vec![], vec![]).unwrap();
        let owners = Rules::standard(0).owners;
        prepare(self.path(), "manifest.json", "plugin.so", &owners, &trust, |id| {
            assert_eq!(id, "acme-print");
            Ok(Conditions { high_water, ..Conditions::here(Utc::now(), (1, 0)) })
        })
    }

    fn refused(&self) -> &'static str {
        self.prepare_after(0).expect_err("must be refused").code()
    }
}

#[test]
fn a_signed_release_goes_all_the_way() {
    let release = Release::new("-DSALT=400");
    let (verified, checked) = release.prepare_after(3).unwrap();
    let plugin = checked.load(Box::new(|_, _| ())).unwrap();
    verified.check_build(plugin.build_id()).unwrap();
    let tree = plugin.describe().unwrap().tree(verified.manifest.role.code_prefix.as_deref()).unwrap();
    verified.check_tree(&tree.digest()).unwrap();
    let instance = plugin.create("{}").unwrap();
    assert!(instance.authorize(&Request::new(&Parts { principal: "anna", ..Parts::default() })).allowed());
}

#[test]
fn an_older_release_is_refused() {
    let release = Release::new("-DSALT=401");
    assert_eq!(release.prepare_after(4).unwrap_err().code(), "MANIFEST_DOWNGRADE");
}

#[test]
fn another_library_beside_the_manifest_is_refused() {
    let release = Release::new("-DSALT=402");
    build(release.path(), "plugin.so", &["-DSALT=403"]);
    assert_eq!(release.refused(), "LIBRARY_DIGEST");
    // A longer one is not even read to its end.
    release.write("plugin.so", &vec![0; 1 << 20]);
    assert_eq!(release.refused(), "FILE_TOO_LARGE");
    std::fs::remove_file(release.path().join("plugin.so")).unwrap();
    assert_eq!(release.refused(), "FILE_MISSING");
}

#[test]
fn a_changed_or_missing_manifest_is_refused() {
    let release = Release::new("-DSALT=404");
    let path = release.path().join("manifest.json");
    let good = std::fs::read(&path).unwrap();
    let stranger = SecretKey::generate().unwrap();
    let other = countersign(&Envelope::parse(&good).unwrap(), &stranger).unwrap().to_bytes();
    // A stranger's signature beside the publisher's changes nothing; the publisher's name on another key does.
    release.write("manifest.json", &other);
    release.prepare_after(0).unwrap();
    let mut changed = good;
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    release.write("manifest.json", &changed);
    assert_eq!(release.refused(), "MANIFEST_SIGNATURE_WRONG");
    release.write("manifest.json", &vec![b' '; 300 * 1024]);
    assert_eq!(release.refused(), "FILE_TOO_LARGE");
    std::fs::remove_file(path).unwrap();
    assert_eq!(release.refused(), "FILE_MISSING");
}
