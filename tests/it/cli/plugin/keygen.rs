//! `kith plugin keygen`.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use kith_plugin_manifest::{PublicKey, SecretKey};

use super::super::{kith, run};

#[test]
fn the_secret_stays_in_its_file_and_the_public_half_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(kith(folder.path()).args(["plugin", "keygen", "a.key"]));
    assert_eq!(code, 0, "{err}");
    let file = folder.path().join("a.key");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
    let secret = SecretKey::read(&file).unwrap();
    assert_eq!(PublicKey::parse(&out).unwrap(), secret.public());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("kith-secret:"));
    assert!(!out.contains(text.trim()) && !err.contains(text.trim()), "the secret is never printed");
    let (_, other, _) = run(kith(folder.path()).args(["plugin", "keygen", "b.key"]));
    assert_ne!(out, other);
}

#[test]
fn nothing_is_overwritten_and_faults_are_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.key");
    std::fs::write(&file, "precious").unwrap();
    for path in ["a.key", "nowhere/a.key", "."] {
        let (code, out, err) = run(kith(folder.path()).args(["plugin", "keygen", path]));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(err.contains("KEY_FILE_INVALID") && err.contains(path), "{err}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    // A link to a file that is not there yet is not followed either.
    std::os::unix::fs::symlink("elsewhere.key", folder.path().join("link.key")).unwrap();
    let (code, _, _) = run(kith(folder.path()).args(["plugin", "keygen", "link.key"]));
    assert_eq!(code, 1);
    assert!(!folder.path().join("elsewhere.key").exists());
    // What others may read signs nothing.
    std::fs::remove_file(&file).unwrap();
    run(kith(folder.path()).args(["plugin", "keygen", "a.key"]));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (code, _, err) = run(kith(folder.path()).args(["plugin", "sign", "--key", "a.key", "libx.so"]));
    assert_eq!(code, 1);
    assert!(err.contains("chmod 600"), "{err}");
}
