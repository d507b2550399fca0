use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use kith::app::outside::*;
use kith::providers::Keys;

#[test]
fn the_key_is_made_once_and_for_this_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join(KEY_FILE);
    let made = read_or_make(&path).unwrap();
    assert!(Keys::parse(&made).is_some());
    assert_eq!(read_or_make(&path).unwrap(), made, "it stays");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}
