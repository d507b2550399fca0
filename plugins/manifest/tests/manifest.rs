//! The signed manifest: what is believed, and each way of not believing it.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, TimeDelta, Utc};
use kith_plugin_manifest::{
    AbiRange, Artefact, Conditions, Countersigner, Digest, Envelope, HighWater, Kind, Lock, Manifest, Mode, Publisher,
    Refusal, Role, SecretKey, Trust, Verified, countersign, sha256, sign, verify,
};

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn manifest() -> Manifest {
    let artefact = |target: &str, bytes: &[u8]| Artefact {
        target: target.into(),
        libc: "gnu".into(),
        sha256: sha256(bytes),
        size: bytes.len() as u64,
        build_id: sha256(bytes).to_hex()[..40].to_owned(),
    };
    Manifest {
        id: "acme-print".into(),
        version: "1.2.0".into(),
        release_seq: 7,
        publisher: "acme".into(),
        abi: AbiRange { major: 1, min_minor: 0, minor: 0 },
        mode: Mode::Isolated,
        role: Role { code_prefix: Some("acme_print".into()), advises: vec![] },
        attributes: vec!["order.amount".into()],
        tree: sha256(b"tree"),
        not_before: noon() - TimeDelta::days(1),
        not_after: noon() + TimeDelta::days(365),
        artefacts: vec![artefact("x86_64-linux", b"intel"), artefact("aarch64-linux", b"arm")],
    }
}

struct Keys {
    acme: SecretKey,
    operator: SecretKey,
}

impl Keys {
    fn new() -> Self {
        Self { acme: SecretKey::generate().unwrap(), operator: SecretKey::generate().unwrap() }
    }

    fn publisher(&self) -> Publisher {
        Publisher {
            name: "acme".into(),
            keys: vec![self.acme.public()],
            id_prefixes: vec!["acme".into()],
            code_prefixes: vec!["acme_print".into()],
            strongest_mode: Mode::Isolated,
            advises: vec![],
        }
    }

    fn trust_with(&self, publisher: Publisher, revoked_keys: Vec<String>, revoked: Vec<Digest>) -> Trust {
        let countersigner = Countersigner { name: "operations".into(), key: self.operator.public() };
        Trust::new(vec![publisher], vec![countersigner], revoked_keys, revoked).unwrap()
    }

    fn trust(&self) -> Trust {
        self.trust_with(self.publisher(), vec![], vec![])
    }
}

fn here() -> Conditions<'static> {
    Conditions { target: "x86_64-linux", libc: "gnu", ..Conditions::here(noon(), (1, 0)) }
}

fn refused(result: Result<Verified, Refusal>) -> Kind {
    result.expect_err("must be refused").kind
}

/// Signs a changed manifest and checks it.
fn check(keys: &Keys, trust: &Trust, change: impl FnOnce(&mut Manifest)) -> Result<Verified, Refusal> {
    let mut changed = manifest();
    change(&mut changed);
    verify(&sign(&changed, &keys.acme)?.to_bytes(), trust, &here())
}

#[test]
fn a_signed_manifest_is_believed() {
    let keys = Keys::new();
    let verified = check(&keys, &keys.trust(), |_| {}).unwrap();
    assert_eq!(verified.manifest, manifest());
    assert_eq!(verified.mode, Mode::Isolated);
    verified.check_library(5, &sha256(b"intel")).unwrap();
    assert_eq!(verified.check_library(5, &sha256(b"arm")).unwrap_err().kind, Kind::ArtefactMismatch);
    assert_eq!(verified.check_library(6, &sha256(b"intel")).unwrap_err().kind, Kind::ArtefactMismatch);
    assert_eq!(verified.check_build(&[0; 32]).unwrap_err().kind, Kind::BuildMismatch);
    assert_eq!(verified.check_tree(&sha256(b"")).unwrap_err().kind, Kind::TreeMismatch);
}

#[test]
fn each_changed_byte_of_the_envelope_is_refused() {
    let keys = Keys::new();
    let trust = keys.trust();
    let bytes = sign(&manifest(), &keys.acme).unwrap().to_bytes();
    for at in 0..bytes.len() {
        for change in [0x01, 0x20, 0x80, bytes[at] ^ b' ', bytes[at] ^ b'A'] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if changed != bytes {
                assert!(verify(&changed, &trust, &here()).is_err(), "byte {at} ^ {change:#x}");
            }
        }
    }
    for cut in 0..bytes.len() {
        assert!(verify(&bytes[..cut], &trust, &here()).is_err(), "cut at {cut}");
    }
}

#[test]
fn each_changed_byte_of_the_payload_breaks_the_signature() {
    let keys = Keys::new();
    let trust = keys.trust();
    let text = String::from_utf8(sign(&manifest(), &keys.acme).unwrap().to_bytes()).unwrap();
    let start = text.find("\"payload\":\"").unwrap() + 11;
    let end = start + text[start..].find('"').unwrap();
    for at in start..end - 3 {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(refused(verify(&changed, &trust, &here())), Kind::SignatureWrong, "byte {at}");
    }
}

#[test]
fn another_spelling_of_the_same_envelope_is_refused() {
    let keys = Keys::new();
    let text = String::from_utf8(sign(&manifest(), &keys.acme).unwrap().to_bytes()).unwrap();
    for other in
        [text.replace(':', ": "), format!(" {text}"), text.trim_end().to_owned(), text.replace("sig\"", "\\u0073ig\"")]
    {
        assert_eq!(refused(verify(other.as_bytes(), &keys.trust(), &here())), Kind::EnvelopeNotCanonical);
    }
}

#[test]
fn unknown_doubled_and_missing_keys_are_refused() {
    let json = String::from_utf8(manifest().to_payload()).unwrap();
    let refused = |text: String| Manifest::parse(text.as_bytes()).unwrap_err().kind;
    assert_eq!(refused(json.replacen('{', "{\"extra\":1,", 1)), Kind::ManifestMalformed);
    assert_eq!(refused(json.replacen('{', "{\"id\":\"acme-print\",", 1)), Kind::ManifestMalformed);
    assert_eq!(refused(json.replace("\"major\":1", "\"major\":1,\"major\":1")), Kind::ManifestMalformed);
    assert_eq!(refused(json.replace("\"size\":5", "\"size\":5,\"path\":\"/etc\"")), Kind::ManifestMalformed);
    assert_eq!(refused(json.replace("\"release_seq\":7,", "")), Kind::ManifestMalformed);
    assert_eq!(refused(format!("{json} {{}}")), Kind::ManifestMalformed);
    assert_eq!(refused(json.replace("\"release_seq\":7", "\"release_seq\":-7")), Kind::ManifestMalformed);
}

#[test]
fn another_payload_type_is_refused() {
    let keys = Keys::new();
    let text = String::from_utf8(sign(&manifest(), &keys.acme).unwrap().to_bytes()).unwrap();
    let other = text.replace("manifest.v1", "manifest.v2");
    assert_eq!(refused(verify(other.as_bytes(), &keys.trust(), &here())), Kind::PayloadType);
}

#[test]
fn a_key_nobody_trusts_is_refused() {
    let (keys, stranger) = (Keys::new(), SecretKey::generate().unwrap());
    let bytes = sign(&manifest(), &stranger).unwrap().to_bytes();
    assert_eq!(refused(verify(&bytes, &keys.trust(), &here())), Kind::NoTrustedSignature);
    // Nor does the operator's countersignature stand for the publisher's.
    let bytes = sign(&manifest(), &keys.operator).unwrap().to_bytes();
    assert_eq!(refused(verify(&bytes, &keys.trust(), &here())), Kind::NoTrustedSignature);
}

#[test]
fn a_signature_under_another_keys_name_is_refused() {
    let (keys, stranger) = (Keys::new(), SecretKey::generate().unwrap());
    let bytes = sign(&manifest(), &stranger).unwrap().to_bytes();
    let forged = String::from_utf8(bytes).unwrap().replace(&stranger.public().id(), &keys.acme.public().id());
    assert_eq!(refused(verify(forged.as_bytes(), &keys.trust(), &here())), Kind::SignatureWrong);
}

#[test]
fn two_publishers_signatures_are_refused() {
    let (keys, other) = (Keys::new(), SecretKey::generate().unwrap());
    let second = Publisher { name: "other".into(), keys: vec![other.public()], ..keys.publisher() };
    let trust = Trust::new(vec![keys.publisher(), second], vec![], vec![], vec![]).unwrap();
    let envelope = countersign(&sign(&manifest(), &keys.acme).unwrap(), &other).unwrap();
    assert_eq!(refused(verify(&envelope.to_bytes(), &trust, &here())), Kind::TwoPublishers);
}

#[test]
fn a_revoked_key_is_refused_even_beside_a_good_one() {
    let keys = Keys::new();
    let revoked = keys.trust_with(keys.publisher(), vec![keys.acme.public().id()], vec![]);
    assert_eq!(refused(check(&keys, &revoked, |_| {})), Kind::KeyRevoked);
    let revoked = keys.trust_with(keys.publisher(), vec![keys.operator.public().id()], vec![]);
    let both = countersign(&sign(&manifest(), &keys.acme).unwrap(), &keys.operator).unwrap();
    assert_eq!(refused(verify(&both.to_bytes(), &revoked, &here())), Kind::KeyRevoked);
}

#[test]
fn a_revoked_manifest_or_library_is_refused() {
    let keys = Keys::new();
    for digest in [sha256(&manifest().to_payload()), sha256(b"intel")] {
        let trust = keys.trust_with(keys.publisher(), vec![], vec![digest]);
        assert_eq!(refused(check(&keys, &trust, |_| {})), Kind::DigestRevoked);
    }
}

#[test]
fn a_foreign_id_code_or_publisher_is_refused() {
    let keys = Keys::new();
    let trust = keys.trust();
    assert_eq!(refused(check(&keys, &trust, |m| m.id = "rival-print".into())), Kind::IdPrefix);
    assert_eq!(refused(check(&keys, &trust, |m| m.id = "acmeprint".into())), Kind::IdPrefix);
    for code in ["rival", "acme_printer", "acme", "refund"] {
        assert_eq!(refused(check(&keys, &trust, |m| m.role.code_prefix = Some(code.into()))), Kind::CodePrefix);
    }
    assert_eq!(refused(check(&keys, &trust, |m| m.publisher = "rival".into())), Kind::PublisherMismatch);
}

#[test]
fn an_adviser_advises_only_what_the_operator_opened() {
    let keys = Keys::new();
    let advise = |m: &mut Manifest| m.role.advises = vec!["refund.approve".into()];
    assert_eq!(refused(check(&keys, &keys.trust(), advise)), Kind::AdviserNotAllowed);
    let opened = |codes: &str| Publisher { advises: vec![codes.into()], ..keys.publisher() };
    check(&keys, &keys.trust_with(opened("refund"), vec![], vec![]), advise).unwrap();
    let refusal = refused(check(&keys, &keys.trust_with(opened("refund.app"), vec![], vec![]), advise));
    assert_eq!(refusal, Kind::AdviserNotAllowed);
}

#[test]
fn in_process_needs_the_trust_file_and_a_countersignature() {
    let keys = Keys::new();
    let in_process = Manifest { mode: Mode::InProcess, ..manifest() };
    let open = Publisher { strongest_mode: Mode::InProcess, ..keys.publisher() };
    let signed = sign(&in_process, &keys.acme).unwrap();
    let both = countersign(&signed, &keys.operator).unwrap().to_bytes();
    assert_eq!(refused(verify(&both, &keys.trust(), &here())), Kind::ModeNotAllowed);
    let trust = keys.trust_with(open, vec![], vec![]);
    assert_eq!(refused(verify(&signed.to_bytes(), &trust, &here())), Kind::NotCountersigned);
    let verified = verify(&both, &trust, &here()).unwrap();
    assert_eq!((verified.mode, verified.countersigned_by), (Mode::InProcess, vec!["operations".to_owned()]));
}

#[test]
fn expired_future_and_long_valid_releases_are_refused() {
    let keys = Keys::new();
    let trust = keys.trust();
    assert_eq!(refused(check(&keys, &trust, |m| m.not_after = noon())), Kind::Expired);
    assert_eq!(refused(check(&keys, &trust, |m| m.not_before = noon() + TimeDelta::seconds(1))), Kind::NotYetValid);
    let long = check(&keys, &trust, |m| m.not_after = noon() + TimeDelta::days(365 * 10));
    assert_eq!(refused(long), Kind::ManifestInvalid);
}

#[test]
fn a_lower_release_is_refused_and_the_same_one_is_not() {
    let keys = Keys::new();
    let bytes = sign(&manifest(), &keys.acme).unwrap().to_bytes();
    let after = |high_water| verify(&bytes, &keys.trust(), &Conditions { high_water, ..here() });
    after(7).unwrap();
    assert_eq!(refused(after(8)), Kind::Downgrade);
}

#[test]
fn the_high_water_mark_survives_and_never_falls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("releases");
    let mut marks = HighWater::open(&path).unwrap();
    marks.raise("acme-print", 7).unwrap();
    marks.raise("acme-print", 3).unwrap();
    assert_eq!(HighWater::open(&path).unwrap().of("acme-print"), 7);
    std::fs::write(&path, "acme-print 7\nacme-print 8\n").unwrap();
    assert_eq!(HighWater::open(&path).unwrap_err().kind, Kind::HighWaterFile);
    std::fs::write(&path, "acme-print").unwrap();
    assert_eq!(HighWater::open(&path).unwrap_err().kind, Kind::HighWaterFile);
}

#[test]
fn conditions_are_asked_for_only_once_the_id_is_believed() {
    use kith_plugin_manifest::verify_with;
    let keys = Keys::new();
    let never = |_: &str| -> Result<Conditions<'static>, Refusal> { panic!("asked too early") };
    let stranger = sign(&manifest(), &SecretKey::generate().unwrap()).unwrap().to_bytes();
    assert_eq!(refused(verify_with(&stranger, &keys.trust(), never)), Kind::NoTrustedSignature);
    let foreign = sign(&Manifest { id: "rival-print".into(), ..manifest() }, &keys.acme).unwrap().to_bytes();
    assert_eq!(refused(verify_with(&foreign, &keys.trust(), never)), Kind::IdPrefix);
    let good = sign(&manifest(), &keys.acme).unwrap().to_bytes();
    verify_with(&good, &keys.trust(), |id| {
        assert_eq!(id, "acme-print");
        Ok(here())
    })
    .unwrap();
}

#[test]
fn a_lock_pins_the_bytes() {
    let keys = Keys::new();
    let (trust, bytes) = (keys.trust(), sign(&manifest(), &keys.acme).unwrap().to_bytes());
    let with =
        |lock: Option<&Lock>, lock_required| verify(&bytes, &trust, &Conditions { lock, lock_required, ..here() });
    assert_eq!(refused(with(None, true)), Kind::LockMissing);
    assert_eq!(refused(with(Some(&Lock::default()), true)), Kind::NotLocked);
    with(Some(&Lock::default()), false).unwrap();
    let mut lock = Lock::default();
    lock.pin(&manifest(), sha256(&manifest().to_payload()));
    let lock = Lock::parse(&lock.to_text().unwrap()).unwrap();
    with(Some(&lock), true).unwrap();
    let mut other = Lock::default();
    other.pin(&manifest(), sha256(b"another"));
    assert_eq!(refused(with(Some(&other), false)), Kind::LockMismatch);
    // Several releases of one plugin: the next beside the one in use. The same one twice is a mistake of whoever wrote it.
    other.pin(&manifest(), sha256(&manifest().to_payload()));
    let both = Lock::parse(&other.to_text().unwrap()).unwrap();
    assert_eq!(both.of("acme-print").count(), 2);
    with(Some(&both), true).unwrap();
    other.unpin("acme-print");
    assert_eq!(refused(with(Some(&other), true)), Kind::NotLocked);
    let doubled = lock.to_text().unwrap().repeat(2);
    assert_eq!(Lock::parse(&doubled).unwrap_err().kind, Kind::LockFile);
}

#[test]
fn another_interface_or_machine_is_refused() {
    let keys = Keys::new();
    let trust = keys.trust();
    assert_eq!(refused(check(&keys, &trust, |m| m.abi.major = 2)), Kind::Abi);
    assert_eq!(refused(check(&keys, &trust, |m| m.abi = AbiRange { major: 1, min_minor: 1, minor: 1 })), Kind::Abi);
    // Built with a later minor version, content with an earlier one.
    check(&keys, &trust, |m| m.abi.minor = 3).unwrap();
    assert_eq!(refused(check(&keys, &trust, |m| drop(m.artefacts.remove(0)))), Kind::NoArtefact);
}

#[test]
fn values_that_break_a_rule_are_refused_before_signing() {
    type Change = fn(&mut Manifest);
    let changes: &[Change] = &[
        |m| m.id = "A".into(),
        |m| m.id = "acme--print".into(),
        |m| m.id = "../../etc".into(),
        |m| m.id = "acme-print\n".into(),
        |m| m.version = "1.2".into(),
        |m| m.version = "01.2.3".into(),
        |m| m.version = "+1.2.3".into(),
        |m| m.release_seq = 0,
        |m| m.abi.min_minor = 9,
        |m| m.role = Role::default(),
        |m| m.role.code_prefix = Some("acme print".into()),
        |m| m.role.advises = vec!["acme_print.own".into()],
        |m| m.role.advises = vec!["refund.approve".into(), "refund.approve".into()],
        |m| m.attributes = vec!["a".into(), "a".into()],
        |m| m.attributes = (0..65).map(|i| format!("a{i}")).collect(),
        |m| m.not_after = m.not_before,
        |m| m.artefacts.clear(),
        |m| m.artefacts[0].size = 0,
        |m| m.artefacts[0].size = u64::MAX,
        |m| m.artefacts[0].target = "windows".into(),
        |m| m.artefacts[0].build_id = "0".repeat(40),
        |m| m.artefacts[0].build_id = "0A".repeat(20),
        |m| m.artefacts[1].target = m.artefacts[0].target.clone(),
    ];
    let key = SecretKey::generate().unwrap();
    for (i, change) in changes.iter().enumerate() {
        let mut changed = manifest();
        change(&mut changed);
        assert_eq!(sign(&changed, &key).unwrap_err().kind, Kind::ManifestInvalid, "change {i}");
    }
}

#[test]
fn every_refusal_has_its_own_code_and_advice() {
    let codes: std::collections::HashSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        assert!(kind.advice().len() > 30, "{}", kind.code());
    }
}

#[test]
fn a_secret_key_file_is_private_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = SecretKey::generate().unwrap();
    key.write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(SecretKey::read(&path).unwrap().public(), key.public());
    assert_eq!(key.write(&path).unwrap_err().kind, Kind::KeyFile);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(SecretKey::read(&path).unwrap_err().kind, Kind::KeyFile);
    assert!(!format!("{key:?}").contains("kith-secret"));
}

#[test]
fn the_trust_file_is_read_whole_or_not_at_all() {
    let key = SecretKey::generate().unwrap().public().to_text();
    let other = SecretKey::generate().unwrap().public().to_text();
    let file = |extra: &str| {
        format!(
            "[[publisher]]\nname = \"acme\"\nkeys = [\"{key}\"]\nid_prefixes = [\"acme\"]\n{extra}\n\
             [[countersigner]]\nname = \"operations\"\nkey = \"{other}\"\n"
        )
    };
    let trust = Trust::parse(&file("code_prefixes = [\"acme_print\"]\nadvises = [\"refund\"]")).unwrap();
    assert_eq!(trust.publishers()[0].strongest_mode, Mode::Isolated);
    for bad in [
        file("colour = \"red\""),
        file("name = \"acme\""),
        file("strongest_mode = \"kernel\""),
        file("code_prefixes = [\"acme.\"]"),
        file("").replace(&other, &key),
        file("").replace(&key, "kith-pub:AAAA"),
        // The neutral point: its "signatures" fit anything.
        file("").replace(&key, "kith-pub:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        file("").replace("[\"acme\"]", "[\"\"]"),
        format!("{}[revoked]\nkeys = [\"XYZ\"]\n", file("")),
        format!("{0}{0}", file("")),
    ] {
        assert_eq!(Trust::parse(&bad).unwrap_err().kind, Kind::TrustFile, "{bad}");
    }
}

#[test]
fn an_authors_plugin_toml_becomes_a_manifest() {
    use kith_plugin_manifest::Draft;
    let text = "id = \"acme-print\"\npublisher = \"acme\"\nrelease_seq = 7\nmode = \"isolated\"\n\
                attributes = [\"copies\"]\n[role]\ncode_prefix = \"acme_print\"\nadvises = []\n";
    let draft = Draft::parse(text).unwrap();
    let whole = manifest();
    let made = draft.clone().complete(whole.tree, whole.abi, whole.artefacts.clone(), noon(), TimeDelta::days(365));
    let made = made.unwrap();
    assert_eq!((made.id.as_str(), made.version.as_str(), made.release_seq), ("acme-print", "7.0.0", 7));
    assert_eq!(made.role.code_prefix.as_deref(), Some("acme_print"));
    let wrong = draft.complete(whole.tree, whole.abi, vec![], noon(), TimeDelta::days(365));
    assert_eq!(wrong.unwrap_err().kind, Kind::ManifestInvalid);
    assert_eq!(Draft::parse(&format!("colour = 1\n{text}")).unwrap_err().kind, Kind::DraftFile);
    // An adviser's: the prefix left empty.
    let adviser = text.replace("\"acme_print\"", "\"\"").replace("advises = []", "advises = [\"refund.approve\"]");
    assert_eq!(Draft::parse(&adviser).unwrap().role.code_prefix, None);
}

/// The template that `kith plugin new` fills in.
#[test]
fn the_template_of_new_plugins_is_a_sound_plugin_toml() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/template/plugin.toml.in");
    let text = std::fs::read_to_string(path).unwrap();
    let filled =
        text.replace("{{name}}", "acme-print").replace("{{publisher}}", "acme").replace("{{prefix}}", "acme_print");
    kith_plugin_manifest::Draft::parse(&filled).unwrap();
}

#[test]
fn random_bytes_never_panic_the_parsers() {
    let seed = 0x5eed_u64;
    let mut state = seed;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let keys = Keys::new();
    let good = [sign(&manifest(), &keys.acme).unwrap().to_bytes(), manifest().to_payload()];
    for _ in 0..20_000 {
        let mut bytes = good[(random() % 2) as usize].clone();
        for _ in 0..random() % 8 {
            let at = random() as usize % bytes.len().max(1);
            match random() % 4 {
                0 => bytes[at] = random() as u8,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"{}[]\",:0"[random() as usize % 8]),
                _ => bytes.truncate(at.max(9)),
            }
        }
        kith_plugin_manifest::fuzz_manifest(&bytes);
    }
}

#[test]
fn an_oversized_or_deeply_nested_envelope_is_refused_quickly() {
    let keys = Keys::new();
    let huge = vec![b'['; 300 * 1024];
    assert_eq!(refused(verify(&huge, &keys.trust(), &here())), Kind::EnvelopeTooLarge);
    assert_eq!(refused(verify(&huge[..200_000], &keys.trust(), &here())), Kind::EnvelopeMalformed);
    let nine = format!("{{\"payloadType\":\"x\",\"payload\":{}", "{\"a\":".repeat(40_000));
    assert!(Envelope::parse(nine.as_bytes()).is_err());
}
