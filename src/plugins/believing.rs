//! Whether what is found, or runs, is the operator's will: what it may advise on, whether it is still believed, and whose the
//! operator's own files are.

use std::ffi::OsStr;
use std::path::Path;

use kith_plugin_loader::{FileRefusal, Rules, open};
use kith_plugin_manifest::{Conditions, Lock, Trust, verify};

use super::native::ABI;
use super::release::{Refused, Release};
use super::settings::Settings;
use crate::permissions::catalogue::{self, FIRST_DYNAMIC, Holder};

/// The largest trust or lock file.
const MOST: u64 = 4 << 20;

/// What a plugin wants to advise on has to be there, and is no operator's: whoever runs the platform must be able to remove it.
pub(super) fn advised(codes: &[String]) -> Result<(), Refused> {
    for code in codes {
        let entry = catalogue::by_code(code).filter(|entry| entry.number < FIRST_DYNAMIC);
        let entry = entry.ok_or_else(|| {
            Refused::new(
                "ADVISES_UNKNOWN",
                format!("Kith has no permission {code:?}; permissionCatalog lists the codes"),
            )
        })?;
        if entry.holder == Holder::Platform {
            return Err(Refused::new(
                "ADVISES_PLATFORM",
                format!("{code} is an operator's; no plugin advises on those"),
            ));
        }
    }
    Ok(())
}

/// Whether the operator still believes a release that was verified before: its signers and countersigners, what they may use,
/// revocations, pins. Until when it may be installed, and what was installed meanwhile, plays no part.
///
/// # Errors
/// Why not.
pub fn believe(settings: &Settings, release: &Release, trust: &Trust, lock: Option<&Lock>) -> Result<(), Refused> {
    let verified = &release.verified;
    let conditions = Conditions {
        lock,
        lock_required: settings.lock_required,
        ..Conditions::here(verified.manifest.not_before, ABI)
    };
    verify(&verified.envelope, trust, &conditions)
        .map(|_| ())
        .map_err(|refusal| Refused::new(refusal.code(), refusal.to_string()))
}

/// Reads one of the operator's own files, under the same rules as plugins: nobody else can have written it.
///
/// # Errors
/// The code of the loader behind `what`: `TRUST_FILE_WRITABLE`, `LOCK_FILE_SYMLINK` …
pub fn operators_file(what: &str, path: &Path) -> Result<String, Refused> {
    let wrong = |code: &str, why: &dyn std::fmt::Display| {
        let why = why.to_string();
        Refused::new(format!("{what}_{code}"), why.strip_prefix(&format!("{code}: ")).unwrap_or(&why))
    };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let bytes = match open(parent, name, &Rules::standard(MOST)).and_then(|file| file.read()) {
        Ok(bytes) => bytes,
        // It says nothing, which is something that it may say.
        Err(FileRefusal::Empty(_)) => Vec::new(),
        Err(refusal) => return Err(wrong(refusal.code(), &refusal)),
    };
    String::from_utf8(bytes).map_err(|error| wrong("FILE_TEXT", &error))
}
