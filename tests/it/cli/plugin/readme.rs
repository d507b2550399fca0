//! A plugin written only from `plugins/README.md`: its commands run as they stand, in a folder of their own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::super::{Server, kith};
use crate::readme::{blocks, script};

/// Stands before the real cargo: the versions and builds that are there already, so that nothing is fetched or built twice.
const CARGO: &str = "#!/bin/sh
[ -e Cargo.lock ] || cp \"$KITH_TEST_CHECKOUT/Cargo.lock\" Cargo.lock
[ -e target ] || ln -s \"$KITH_TEST_TARGET\" target
exec \"$KITH_TEST_CARGO\" \"$@\"
";

/// Issue 3, steps 1 to 3, 5 and 7: from nothing to a plugin in a running server, its decisions, its end and its return.
#[test]
fn server_a_plugin_written_only_from_the_readme_works() {
    let checkout = env!("CARGO_MANIFEST_DIR");
    let readme = std::fs::read_to_string(Path::new(checkout).join("plugins/README.md")).unwrap();
    let blocks = blocks(&readme);
    assert!(blocks.len() >= 9, "{} blocks", blocks.len());
    let (folder, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shim = bin.path().join("cargo");
    std::fs::write(&shim, CARGO).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kith"), bin.path().join("kith")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-readme");
    std::fs::create_dir_all(&target).unwrap();
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(kith(home.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let output = Command::new("bash")
        .args(["-c", &script(&blocks)])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("KITH", format!("http://{}", server.address))
        .env("PLUGINS", home.path().join("data/plugins"))
        .env("KITH_SOURCE", checkout)
        .env("KITH_TEST_CHECKOUT", checkout)
        .env("KITH_TEST_TARGET", target)
        .env("KITH_TEST_CARGO", env!("CARGO"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}
