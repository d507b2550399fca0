//! Builds plugins in C and takes them through the steps.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kith_plugin_loader::{Checked, Expected, Plugin, Rules, SealRefusal, Sealed, open};

/// A folder that only its owner may write to, whatever the umask.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("kith-loader-").tempdir().unwrap()
}

/// Compiles the C plugin. `flags` choose its misbehaviour and how it is linked.
pub fn build(folder: &Path, name: &str, flags: &[&str]) -> PathBuf {
    build_source(folder, name, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/plugin.c"), flags)
}

pub fn build_source(folder: &Path, name: &str, source: &Path, flags: &[&str]) -> PathBuf {
    let out = folder.join(name);
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi/include");
    let base = ["-std=gnu11", "-O1", "-w", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,--build-id=sha1"];
    let result = Command::new("cc")
        .args(base)
        .arg("-I")
        .arg(header)
        .arg("-o")
        .arg(&out)
        .arg(source)
        .args(flags)
        .output()
        .unwrap();
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o644)).unwrap();
    out
}

pub fn seal(path: &Path) -> Sealed {
    let rules = Rules::standard(16 << 20);
    open(path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap(), &rules).unwrap().seal().unwrap()
}

pub fn measure(path: &Path) -> Expected {
    seal(path).measure().unwrap()
}

pub fn check(path: &Path) -> Result<Checked, SealRefusal> {
    let sealed = seal(path);
    let expected = sealed.measure()?;
    sealed.check(&expected)
}

pub fn load(path: &Path) -> Plugin {
    check(path).unwrap().load(Box::new(|_, _| ())).unwrap()
}

/// How many permissions the plugin of an instance tells.
pub fn loaded_describe(instance: &kith_plugin_loader::Instance) -> usize {
    instance.plugin().describe().unwrap().permissions.len()
}
