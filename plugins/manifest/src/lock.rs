//! `plugins.lock`: which bytes this installation runs. Written by `kith plugin lock`, reviewed like code.

use serde::{Deserialize, Serialize};

use crate::manifest::{Digest, Manifest};
use crate::names::valid_id;
use crate::refusal::{Kind, Refusal};

/// The pinned releases, by id: several of one plugin, so that the next can stand in the shadow and the last be gone back to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(default, rename = "plugin")]
    plugins: Vec<Locked>,
}

/// One pinned release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The plugin.
    pub id: String,
    /// For people: what binds are the digests.
    pub version: String,
    /// Of the manifest's payload.
    pub manifest: Digest,
    /// Of each library of the release.
    pub libraries: Vec<Digest>,
}

impl Lock {
    /// Reads the file.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let lock: Self = toml::from_str(text).map_err(|e| Kind::LockFile.because(e.to_string()))?;
        for (i, one) in lock.plugins.iter().enumerate() {
            if !valid_id(&one.id) {
                return Err(Kind::LockFile.because(format!("{:?} is not a plugin id", one.id)));
            }
            if lock.plugins[..i].iter().any(|other| (&other.id, &other.manifest) == (&one.id, &one.manifest)) {
                return Err(Kind::LockFile.because(format!("{} stands there twice", one.id)));
            }
        }
        Ok(lock)
    }

    /// The text that [`parse`](Self::parse) reads, in the order of the ids.
    pub fn to_text(&self) -> Result<String, Refusal> {
        toml::to_string(self).map_err(|e| Kind::LockFile.because(e.to_string()))
    }

    /// The pinned releases of a plugin.
    pub fn of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Locked> {
        self.plugins.iter().filter(move |one| one.id == id)
    }

    /// Takes the pins of a plugin away.
    pub fn unpin(&mut self, id: &str) {
        self.plugins.retain(|one| one.id != id);
    }

    /// Pins a release, beside the plugin's others.
    pub fn pin(&mut self, manifest: &Manifest, payload: Digest) {
        self.plugins.retain(|one| one.id != manifest.id || one.manifest != payload);
        self.plugins.push(Locked {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            manifest: payload,
            libraries: manifest.artefacts.iter().map(|a| a.sha256).collect(),
        });
        // Stable: the releases of a plugin stay in the order in which they were pinned.
        self.plugins.sort_by(|a, b| a.id.cmp(&b.id));
    }
}
