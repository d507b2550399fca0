//! `plugin.toml`: what an author writes, from which `kith plugin sign` makes a manifest together with what it finds in
//! the library itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::manifest::{AbiRange, Artefact, Digest, Manifest, Mode, Role};
use crate::refusal::{Kind, Refusal};

/// What an author says of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// See [`Manifest::id`].
    pub id: String,
    /// See [`Manifest::publisher`].
    pub publisher: String,
    /// See [`Manifest::release_seq`].
    pub release_seq: u64,
    /// See [`Manifest::version`]; without it the release is called after its number.
    #[serde(default)]
    pub version: Option<String>,
    /// See [`Manifest::mode`].
    #[serde(default = "isolated")]
    pub mode: Mode,
    /// See [`Manifest::attributes`].
    #[serde(default)]
    pub attributes: Vec<String>,
    /// See [`Manifest::role`]. An empty prefix is none.
    pub role: Role,
}

fn isolated() -> Mode {
    Mode::Isolated
}

impl Draft {
    /// Reads `plugin.toml`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut draft: Self = toml::from_str(text).map_err(|e| Kind::DraftFile.because(e.to_string()))?;
        draft.role.code_prefix = draft.role.code_prefix.filter(|prefix| !prefix.is_empty());
        Ok(draft)
    }

    /// Adds what was found in the library (by a probe: the tree's digest; by the loader: the artefacts), and checks the
    /// whole.
    pub fn complete(
        self,
        tree: Digest,
        abi: AbiRange,
        artefacts: Vec<Artefact>,
        from: DateTime<Utc>,
        valid_for: TimeDelta,
    ) -> Result<Manifest, Refusal> {
        let manifest = Manifest {
            version: self.version.unwrap_or_else(|| format!("{}.0.0", self.release_seq)),
            id: self.id,
            release_seq: self.release_seq,
            publisher: self.publisher,
            abi,
            mode: self.mode,
            role: self.role,
            attributes: self.attributes,
            tree,
            not_before: from,
            not_after: from.checked_add_signed(valid_for).unwrap_or(from),
            artefacts,
        };
        manifest.check()?;
        Ok(manifest)
    }
}
