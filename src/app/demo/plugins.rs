//! The demo's plugins: the three examples, signed when the demo starts with a key that everybody knows. That key is trusted in
//! demo mode only.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{Datelike as _, TimeZone as _, Utc};
use kith_plugin_examples::VERSION;
use kith_plugin_manifest::SecretKey;

use crate::config::Config;
use crate::kernel::Instant;
use crate::plugins::sign::{Claims, sign};
use crate::plugins::{Settings, scan};

/// The public test keys: publisher and countersigner. No secret, and of no worth outside the demo.
const PUBLISHER: &str = "kith-secret:ZGVtby1wdWJsaXNoZXItb2Yta2l0aC1rbm93bi10b2E=";
const COUNTERSIGNER: &str = "kith-secret:ZGVtby1jb3VudGVyc2lnbmVyLW9mLWtpdGgta25vd24=";

/// The folder of the demo's plugins.
#[must_use]
pub fn folder(config: &Config) -> PathBuf {
    // The way to a plugin folder has no symbolic links.
    let data = &config.database.data_dir;
    std::path::absolute(fs::canonicalize(data).as_ref().unwrap_or(data)).unwrap_or_default().join("plugins")
}

/// Whom the demo trusts: the test keys, for the ids and codes of the examples. A file `trust.toml` in the folder adds others.
#[must_use]
pub fn trust() -> String {
    let public = |secret: &str| SecretKey::parse(secret).map(|key| key.public().to_text()).unwrap_or_default();
    format!(
        "[[publisher]]\nname = \"kith-demo\"\nkeys = [{:?}]\nid_prefixes = [\"acme-print\", \"erp-sync\", \"risk-guard\"]\n\
         code_prefixes = [\"acme_print\", \"erp_sync\"]\nstrongest_mode = \"in_process\"\nadvises = [\"refund\"]\n\n\
         [[countersigner]]\nname = \"kith-demo-operations\"\nkey = {:?}\n",
        public(PUBLISHER),
        public(COUNTERSIGNER),
    )
}

/// Writes the examples, signed, into the demo's folder. What is there already and the same stays untouched.
///
/// # Errors
/// In a line: the folder cannot be written, an example cannot be signed.
pub fn write(settings: &Settings) -> Result<(), String> {
    let folder = &settings.folder;
    let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
    let key = |secret: &str| SecretKey::parse(secret).map_err(|refusal| refusal.to_string());
    let (publisher, countersigner) = (key(PUBLISHER)?, key(COUNTERSIGNER)?);
    fs::create_dir_all(folder).map_err(fault)?;
    only_the_owner_writes(folder, 0o755).map_err(fault)?;
    for example in kith_plugin_examples::ALL {
        let stem = example.file.trim_end_matches(".so");
        put(folder, example.file, example.library).map_err(fault)?;
        put(folder, &format!("{stem}{}", scan::GOLDEN), example.golden.as_bytes()).map_err(fault)?;
        let claims = Claims {
            id: example.id,
            publisher: "kith-demo",
            version: VERSION,
            release_seq: 1,
            in_process: example.in_process,
            code_prefix: example.code_prefix,
            advises: example.advises,
            attributes: example.attributes,
            valid: validity(),
        };
        let manifest = sign(settings, example.file, &claims, &publisher, Some(&countersigner));
        let manifest = manifest.map_err(|refused| refused.to_string())?;
        put(folder, &format!("{stem}{}", scan::MANIFEST), &manifest).map_err(fault)?;
    }
    Ok(())
}

/// Five years from the first day of last year on: the same for a whole year, so that a manifest stays what it was.
fn validity() -> (Instant, i64) {
    let year = Utc::now().year() - 1;
    let from = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().unwrap_or_default();
    (from, 5 * 365)
}

/// Writes a file that only its owner can change, in one step.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    fs::write(&temporary, bytes)?;
    only_the_owner_writes(&temporary, 0o644)?;
    fs::rename(temporary, path)
}

fn only_the_owner_writes(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
