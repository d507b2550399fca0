//! From two files in a folder to a believed manifest and a checked library: everything that comes before any code of the
//! plugin runs.

use std::path::Path;

use kith_plugin_manifest::{Conditions, MAX_ENVELOPE, Refusal, Trust, Verified, verify_with};

use crate::sealed::{Checked, Expected, SealRefusal};
use crate::source::{FileRefusal, Rules, open};

/// Why a plugin does not get as far as running.
#[derive(Debug, thiserror::Error)]
pub enum PrepareRefusal {
    /// One of the files.
    #[error(transparent)]
    File(#[from] FileRefusal),
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] Refusal),
    /// The library.
    #[error(transparent)]
    Library(#[from] SealRefusal),
}

impl PrepareRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(refusal) => refusal.code(),
            Self::Manifest(refusal) => refusal.code(),
            Self::Library(refusal) => refusal.code(),
        }
    }
}

/// Opens, verifies, seals and checks. `conditions` is asked with the plugin's id once that is believed, for its high-water
/// mark. After this: probe it in a child, compare the tree ([`Verified::check_tree`]), raise the mark.
pub fn prepare<'a>(
    folder: &Path,
    manifest: &str,
    library: &str,
    owners: &[u32],
    trust: &Trust,
    conditions: impl FnOnce(&str) -> Result<Conditions<'a>, Refusal>,
) -> Result<(Verified, Checked), PrepareRefusal> {
    let rules = |max_size| Rules { owners: owners.to_vec(), max_size };
    let bytes = open(folder, manifest, &rules(MAX_ENVELOPE as u64))?.read()?;
    let verified = verify_with(&bytes, trust, conditions)?;
    let expected = Expected::from(&verified);
    let checked = open(folder, library, &rules(expected.size))?.seal()?.check(&expected)?;
    Ok((verified, checked))
}
