//! The operator's trust file: TOML, written by hand.
//!
//! ```toml
//! [[publisher]]
//! name = "acme"
//! keys = ["kith-pub:…"]            # more than one while a key is being replaced
//! id_prefixes = ["acme"]           # acme, acme-print, …
//! code_prefixes = ["acme_print"]   # acme_print.waybill, …
//! strongest_mode = "isolated"      # the default; in_process needs a countersignature as well
//! advises = ["refund"]             # core permissions it may narrow; none by default
//!
//! [[countersigner]]
//! name = "operations"
//! key = "kith-pub:…"
//!
//! [revoked]
//! keys = ["0f3c…"]                 # key ids
//! digests = ["sha256:…"]           # of manifests or libraries
//! ```

use std::collections::HashMap;

use serde::Deserialize;

use crate::keys::{KeyId, PublicKey};
use crate::manifest::{Digest, Mode};
use crate::names::{valid_code, valid_id};
use crate::refusal::{Kind, Refusal};

/// Whose plugins this installation believes, and how far.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    publishers: Vec<Publisher>,
    countersigners: Vec<Countersigner>,
    revoked_keys: Vec<KeyId>,
    revoked_digests: Vec<Digest>,
    by_key: HashMap<KeyId, (PublicKey, Signer)>,
}

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// The index of a publisher.
    Publisher(usize),
    /// The index of a countersigner.
    Countersigner(usize),
}

/// A publisher and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The name that its manifests give.
    pub name: String,
    /// Its keys.
    pub keys: Vec<PublicKey>,
    /// What its plugins' ids lie within.
    pub id_prefixes: Vec<String>,
    /// What its plugins' codes lie within.
    pub code_prefixes: Vec<String>,
    /// The strongest mode its plugins may run in.
    pub strongest_mode: Mode,
    /// The core permissions, or prefixes of them, that its plugins may narrow.
    pub advises: Vec<String>,
}

/// One whose signature, beside a publisher's, lets a plugin run in process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersigner {
    /// For people.
    pub name: String,
    /// Its key.
    pub key: PublicKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    publisher: Vec<FilePublisher>,
    #[serde(default)]
    countersigner: Vec<FileCountersigner>,
    #[serde(default)]
    revoked: FileRevoked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePublisher {
    name: String,
    keys: Vec<String>,
    id_prefixes: Vec<String>,
    #[serde(default)]
    code_prefixes: Vec<String>,
    #[serde(default = "isolated")]
    strongest_mode: Mode,
    #[serde(default)]
    advises: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCountersigner {
    name: String,
    key: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRevoked {
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    digests: Vec<Digest>,
}

fn isolated() -> Mode {
    Mode::Isolated
}

impl Trust {
    /// Reads the file. Anything unknown, doubled or malformed refuses all of it: half a trust file is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let file: File = toml::from_str(text).map_err(|e| Kind::TrustFile.because(e.to_string()))?;
        let publishers = file.publisher.into_iter().map(publisher).collect::<Result<Vec<_>, _>>()?;
        let countersigners = file
            .countersigner
            .into_iter()
            .map(|one| Ok(Countersigner { key: key(&one.name, &one.key)?, name: one.name }))
            .collect::<Result<Vec<_>, Refusal>>()?;
        for id in &file.revoked.keys {
            if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                return Err(Kind::TrustFile.because(format!("revoked.keys: {id:?} is not a key id (32 hex digits)")));
            }
        }
        Self::new(publishers, countersigners, file.revoked.keys, file.revoked.digests)
    }

    /// Builds a trust file from parts, e.g. the demo's.
    pub fn new(
        publishers: Vec<Publisher>,
        countersigners: Vec<Countersigner>,
        revoked_keys: Vec<KeyId>,
        revoked_digests: Vec<Digest>,
    ) -> Result<Self, Refusal> {
        let mut by_key = HashMap::new();
        let publisher_keys =
            publishers.iter().enumerate().flat_map(|(i, p)| p.keys.iter().map(move |k| (k, Signer::Publisher(i))));
        let countersigner_keys = countersigners.iter().enumerate().map(|(i, one)| (&one.key, Signer::Countersigner(i)));
        for (key, signer) in publisher_keys.chain(countersigner_keys) {
            if by_key.insert(key.id(), (key.clone(), signer)).is_some() {
                return Err(Kind::TrustFile.because(format!("key {} stands there twice", key.id())));
            }
        }
        for (i, one) in publishers.iter().enumerate() {
            if publishers[..i].iter().any(|other| other.name == one.name) {
                return Err(Kind::TrustFile.because(format!("publisher {:?} stands there twice", one.name)));
            }
        }
        Ok(Self { publishers, countersigners, revoked_keys, revoked_digests, by_key })
    }

    /// All publishers.
    #[must_use]
    pub fn publishers(&self) -> &[Publisher] {
        &self.publishers
    }

    /// All countersigners.
    #[must_use]
    pub fn countersigners(&self) -> &[Countersigner] {
        &self.countersigners
    }

    /// Whether a manifest or library is revoked.
    #[must_use]
    pub fn revokes_digest(&self, digest: &Digest) -> bool {
        self.revoked_digests.contains(digest)
    }

    /// Whether a key is revoked.
    #[must_use]
    pub fn revokes_key(&self, id: &str) -> bool {
        self.revoked_keys.iter().any(|revoked| revoked == id)
    }

    pub(crate) fn signer(&self, id: &str) -> Option<(&PublicKey, Signer)> {
        self.by_key.get(id).map(|(key, signer)| (key, *signer))
    }
}

fn key(whose: &str, text: &str) -> Result<PublicKey, Refusal> {
    PublicKey::parse(text).map_err(|e| Kind::TrustFile.because(format!("{whose}: {}", e.detail)))
}

fn publisher(one: FilePublisher) -> Result<Publisher, Refusal> {
    let name = one.name;
    let wrong = |what: &str| Err(Kind::TrustFile.because(format!("publisher {name:?}: {what}")));
    if !valid_id(&name) {
        return wrong("name: 3 to 64 of a-z, 0-9 and single dashes");
    }
    if one.keys.is_empty() {
        return wrong("no keys");
    }
    if one.id_prefixes.is_empty() || !one.id_prefixes.iter().all(|p| valid_id(p)) {
        return wrong("id_prefixes: one or more, each well formed as an id");
    }
    if !one.code_prefixes.iter().chain(&one.advises).all(|p| valid_code(p)) {
        return wrong("code_prefixes and advises: codes, without a dot at the end");
    }
    let keys = one.keys.iter().map(|text| key(&name, text)).collect::<Result<_, _>>()?;
    Ok(Publisher {
        keys,
        id_prefixes: one.id_prefixes,
        code_prefixes: one.code_prefixes,
        strongest_mode: one.strongest_mode,
        advises: one.advises,
        name,
    })
}
