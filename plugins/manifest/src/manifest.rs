//! The claims themselves. JSON, because it is signed as bytes and never edited by hand after that.

use base64::prelude::{BASE64_STANDARD, Engine};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::names::{code_within, valid_code, valid_id};
use crate::refusal::{Kind, Refusal};

/// The longest time a release may be valid. Nobody can freeze an installation on an old release for longer.
const LONGEST_VALIDITY: TimeDelta = TimeDelta::days(5 * 366);
/// The largest library, in bytes.
pub(crate) const LARGEST_ARTEFACT: u64 = 64 * 1024 * 1024;

/// What a release of a plugin claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The plugin, e.g. `acme-print`. See [`valid_id`].
    pub id: String,
    /// The release for people, `MAJOR.MINOR.PATCH` and at most a `-pre` part.
    pub version: String,
    /// The release for the machine: grows with each one. A lower one than was accepted before is refused.
    pub release_seq: u64,
    /// Who publishes it, as named in the operator's trust file.
    pub publisher: String,
    /// The versions of the plugin interface it works with.
    pub abi: AbiRange,
    /// Where it asks to run.
    pub mode: Mode,
    /// What it decides.
    pub role: Role,
    /// The attributes it is shown with each request, and no others.
    pub attributes: Vec<String>,
    /// The digest of its permission tree ([`Tree::digest`](crate::Tree::digest)).
    pub tree: Digest,
    /// When the release begins to be valid.
    pub not_before: DateTime<Utc>,
    /// When it ceases to be.
    pub not_after: DateTime<Utc>,
    /// One library for each kind of machine.
    pub artefacts: Vec<Artefact>,
}

/// Versions of the plugin interface: one major version, minor ones from and to (both included).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbiRange {
    /// The major version, which is in the exported symbol's name.
    pub major: u16,
    /// The lowest minor version of the host that will do.
    pub min_minor: u16,
    /// The minor version it was built with. Later ones only add.
    pub minor: u16,
}

/// Where a plugin runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In a sandboxed child process.
    Isolated,
    /// Inside the server: a fault of it ends the server.
    InProcess,
}

/// What a plugin decides: codes of its own, or as an adviser that narrows core permissions, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The prefix of its own codes, e.g. `acme_print`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_prefix: Option<String>,
    /// The core permissions it is asked about, e.g. `refund.approve`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advises: Vec<String>,
}

/// A library for one kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// The processor and system, `x86_64-linux` or `aarch64-linux`.
    pub target: String,
    /// The C library: `gnu`. (`musl` is reserved: a static musl server cannot load libraries.)
    pub libc: String,
    /// Of the whole file.
    pub sha256: Digest,
    /// Of the whole file, in bytes.
    pub size: u64,
    /// The GNU build id of the file, in hex: what its ELF note says and what it says of itself once loaded.
    pub build_id: String,
}

impl Artefact {
    /// The build id as the plugin interface has it: padded with zeros. All zeros when it is malformed.
    #[must_use]
    pub fn padded_build_id(&self) -> [u8; 32] {
        let mut padded = [0; 32];
        for (byte, digits) in padded.iter_mut().zip(self.build_id.as_bytes().chunks(2)) {
            *byte = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0);
        }
        padded
    }
}

impl Manifest {
    /// Reads a payload. Unknown, missing and doubled keys are refused, and so is anything after the end.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let manifest: Self =
            serde_json::from_slice(payload).map_err(|e| Kind::ManifestMalformed.because(e.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The bytes to sign.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The rules that need nobody's trust file.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: &str| Err(Kind::ManifestInvalid.because(what));
        if !valid_id(&self.id) {
            return wrong("id: 3 to 64 of a-z, 0-9 and single dashes");
        }
        if !valid_id(&self.publisher) {
            return wrong("publisher: 3 to 64 of a-z, 0-9 and single dashes");
        }
        if !valid_version(&self.version) {
            return wrong("version: MAJOR.MINOR.PATCH, at most with -PRE");
        }
        if self.release_seq == 0 {
            return wrong("release_seq: 1 or more");
        }
        if self.abi.min_minor > self.abi.minor {
            return wrong("abi: min_minor is above minor");
        }
        if self.role.code_prefix.is_none() && self.role.advises.is_empty() {
            return wrong("role: neither codes of its own nor any to advise");
        }
        if let Some(prefix) = &self.role.code_prefix
            && (!valid_code(prefix) || prefix.len() > 48)
        {
            return wrong("role.code_prefix: at most 48 of a-z, 0-9, _ and dots");
        }
        if self.role.advises.len() > 64 || doubled(&self.role.advises) {
            return wrong("role.advises: more than 64, or one twice");
        }
        for code in &self.role.advises {
            if !valid_code(code) {
                return wrong("role.advises: not a permission code");
            }
            if self.role.code_prefix.as_ref().is_some_and(|prefix| code_within(code, prefix)) {
                return wrong("role.advises: a code of its own needs no advice");
            }
        }
        if self.attributes.len() > 64 || doubled(&self.attributes) || !self.attributes.iter().all(|a| valid_code(a)) {
            return wrong("attributes: at most 64 names of a-z, 0-9, _ and dots, none twice");
        }
        if self.not_after <= self.not_before || self.not_after - self.not_before > LONGEST_VALIDITY {
            return wrong("not_after: after not_before, by five years at most");
        }
        if self.artefacts.is_empty() || self.artefacts.len() > 16 {
            return wrong("artefacts: 1 to 16");
        }
        for (i, one) in self.artefacts.iter().enumerate() {
            if !["x86_64-linux", "aarch64-linux"].contains(&one.target.as_str()) {
                return wrong("artefacts.target: x86_64-linux or aarch64-linux");
            }
            if !["gnu", "musl"].contains(&one.libc.as_str()) {
                return wrong("artefacts.libc: gnu or musl");
            }
            if one.size == 0 || one.size > LARGEST_ARTEFACT {
                return wrong("artefacts.size: 1 byte to 64 MiB");
            }
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            if !(16..=64).contains(&one.build_id.len())
                || one.build_id.len() % 2 != 0
                || !one.build_id.bytes().all(hex)
                || one.build_id.bytes().all(|b| b == b'0')
            {
                return wrong("artefacts.build_id: 8 to 32 bytes in hex; link with --build-id");
            }
            if self.artefacts[..i].iter().any(|other| (&other.target, &other.libc) == (&one.target, &one.libc)) {
                return wrong("artefacts: two for one kind of machine");
            }
        }
        Ok(())
    }
}

fn doubled(list: &[String]) -> bool {
    list.iter().enumerate().any(|(i, one)| list[..i].contains(one))
}

fn valid_version(version: &str) -> bool {
    let (release, pre) = version.split_once('-').map_or((version, None), |(r, p)| (r, Some(p)));
    let parts: Vec<&str> = release.split('.').collect();
    version.len() <= 64
        && parts.len() == 3
        && parts.iter().all(|p| {
            p.parse::<u32>().is_ok() && p.bytes().all(|b| b.is_ascii_digit()) && (p.len() == 1 || !p.starts_with('0'))
        })
        && pre.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'))
}

/// A SHA-256, written as `sha256:` and base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// In hex, for people.
    #[must_use]
    pub fn to_hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Reads the written form.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        BASE64_STANDARD.decode(text.strip_prefix("sha256:")?).ok()?.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", BASE64_STANDARD.encode(self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("a digest is sha256: and base64 of 32 bytes"))
    }
}

/// The SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}
