//! A library as an author or operator names it on the command line: its file, its manifest beside it, and a try in the
//! sandboxed child.

use std::path::{Path, PathBuf};

use kith_plugin_host::{Config, Golden, Probed, probe};
use kith_plugin_loader::{Checked, Expected, Sealed};
use kith_plugin_manifest::{MAX_ENVELOPE, manifest_name};

use super::{failed, read_text, usage};
use crate::app::AppError;

/// The largest library that a manifest can describe, in bytes.
const LARGEST: u64 = 64 << 20;

/// The sealed copy of a library. Where it lies does not matter here; the server is stricter about its plugin folder.
pub(super) fn seal(path: &Path) -> Result<Sealed, AppError> {
    let bytes = read(path, LARGEST)?;
    Sealed::of_bytes(&bytes).map_err(failed)
}

/// The copy, judged by the rules for ELF files and ready to be tried.
pub(super) fn judge(sealed: Sealed) -> Result<Checked, AppError> {
    let expected = sealed.measure().map_err(failed)?;
    sealed.check(&expected).map_err(failed)
}

/// Tries a library in a child of this program, with the settings of the golden vectors if there are any.
pub(super) fn attempt(checked: &Checked, golden: Option<&Golden>) -> Result<Probed, AppError> {
    let settings = golden.map_or_else(|| "{}".to_owned(), Golden::settings_json);
    // Patient: an author's machine builds at the same time.
    let config = Config { start_limit: std::time::Duration::from_secs(10), ..Config::default() };
    probe(&config, checked, &settings, golden).map_err(failed)
}

/// The manifest beside a library.
pub(super) fn manifest_path(verb: &str, library: &Path) -> Result<PathBuf, AppError> {
    let name = library.file_name().and_then(|name| name.to_str()).and_then(manifest_name);
    let name =
        name.ok_or_else(|| usage(verb, format!("{}: the name of a library ends with .so", library.display())))?;
    Ok(library.with_file_name(name))
}

/// The bytes of a manifest.
pub(super) fn read_manifest(path: &Path) -> Result<Vec<u8>, AppError> {
    read(path, MAX_ENVELOPE as u64)
}

/// Golden vectors: of a file that was named, or of `golden.json` beside `plugin.toml` if it is there.
pub(super) fn golden(named: Option<&Path>, draft: Option<&Path>) -> Result<Option<Golden>, AppError> {
    let beside = draft.map(|draft| draft.with_file_name("golden.json")).filter(|path| path.is_file());
    let Some(path) = named.map(Path::to_owned).or(beside) else { return Ok(None) };
    let path = &path;
    let parsed = Golden::parse(&read_text(path)?);
    parsed.map(Some).map_err(|why| failed(format!("{}: not a file of golden vectors: {why}", path.display())))
}

/// What is expected of a library, from what was measured.
pub(super) fn expected(checked: &Checked) -> &Expected {
    checked.expected()
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, AppError> {
    use std::io::Read as _;
    let fault = |error: std::io::Error| failed(format!("{} cannot be read: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(fault)?;
    if !file.metadata().map_err(fault)?.is_file() {
        return Err(failed(format!("{} is no file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > most {
        return Err(failed(format!("{} has more than {most} bytes", path.display())));
    }
    Ok(bytes)
}
