//! What a plugin claims to be, who says so, and whether the operator believes it.
//!
//! | file | holds |
//! |---|---|
//! | [`envelope`](Envelope) | the signed wrapping: type and exact payload bytes under Ed25519, checked before anything is parsed |
//! | [`manifest`](Manifest) | the claims: id, version, role, codes, attributes, build, validity, artefacts |
//! | [`draft`](Draft) | `plugin.toml`, from which an author's manifest is made |
//! | [`trust`](Trust) | the operator's file: whose keys may do what, and what is revoked |
//! | [`lock`](Lock) | `plugins.lock`: which digests this installation runs |
//! | [`high_water`](HighWater) | the highest release that was ever accepted, so that nobody goes back unseen |
//! | [`verify`](verify()) | all of it in order; gives a [`Verified`] or one [`Refusal`] |
//! | [`tree`](Tree) | the permissions a plugin brings: shape, bounds and digest |
//!
//! No I/O but for the key and high-water files, no clock, no unsafe code: the same functions serve the server, the
//! command line and the fuzzers.
#![forbid(unsafe_code)]

mod draft;
mod envelope;
mod high_water;
mod keys;
mod lock;
mod manifest;
mod names;
mod refusal;
mod tree;
mod trust;
mod verify;

pub use draft::Draft;
pub use envelope::{Envelope, MAX_ENVELOPE, MAX_SIGNATURES, PAYLOAD_TYPE, countersign, sign};
pub use high_water::HighWater;
pub use keys::{KeyId, PublicKey, SecretKey};
pub use lock::{Lock, Locked};
pub use manifest::{AbiRange, Artefact, Digest, Manifest, Mode, Role, sha256};
pub use names::{MANIFEST_SUFFIX, code_within, id_within, library_name, manifest_name, valid_code, valid_id};
pub use refusal::{Kind, Refusal};
pub use tree::{Limits, Node, Tree, TreeRefusal};
pub use trust::{Countersigner, Publisher, Trust};
pub use verify::{Conditions, Verified, inspect, verify, verify_with};

/// For fuzzing: opens whatever the bytes are, under a key that signed nothing; must return.
pub fn fuzz_manifest(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes) {
        let _ = envelope.payload();
    }
    let _ = Manifest::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Trust::parse(text);
        let _ = Lock::parse(text);
        let _ = Draft::parse(text);
    }
}
