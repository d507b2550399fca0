//! `kith plugin lock`.

use kith_plugin_fixtures::{Case, build};
use kith_plugin_manifest::Lock;

use super::Desk;

#[test]
fn verified_releases_are_pinned_and_other_bytes_no_longer_fit() {
    let desk = Desk::signed();
    let lock = ["lock", "--trust", "trust.toml", "libgood.so"];
    for _ in 0..2 {
        let (code, out, err) = desk.run(&lock);
        assert_eq!((code, out.as_str()), (0, "plugins.lock\n"), "{err}");
    }
    let pins = Lock::parse(&std::fs::read_to_string(desk.path().join("plugins.lock")).unwrap()).unwrap();
    let versions = |pins: &Lock| pins.of("acme-fixture").map(|pin| pin.version.clone()).collect::<Vec<_>>();
    assert_eq!(versions(&pins), ["3.0.0"]);
    let verify = ["verify", "--lock", "plugins.lock", "--trust", "trust.toml", "libgood.so"];
    assert_eq!(desk.run(&verify).0, 0);
    // The same release number over other bytes.
    std::fs::rename(build(Case::Denies, desk.path()), &desk.library).unwrap();
    desk.refused(1, &lock, &["LIBRARY_DIGEST"]);
    assert_eq!(desk.run(&["sign", "--key", "acme.key", "libgood.so"]).0, 0);
    desk.refused(1, &verify, &["MANIFEST_LOCK_MISMATCH", "3.0.0"]);
    // Beside the pin that is there; --only leaves no other.
    assert_eq!(desk.run(&lock).0, 0);
    assert_eq!(desk.run(&verify).0, 0);
    let read = || Lock::parse(&std::fs::read_to_string(desk.path().join("plugins.lock")).unwrap()).unwrap();
    assert_eq!(versions(&read()).len(), 2);
    let only = ["lock", "--only", "--trust", "trust.toml", "libgood.so"];
    assert_eq!(desk.run(&only).0, 0);
    assert_eq!(versions(&read()).len(), 1);
    assert_eq!(desk.run(&verify).0, 0);
    desk.write("plugins.lock", "[[plugin]]\nid = 3");
    desk.refused(1, &lock, &["LOCK_FILE_INVALID"]);
}
