//! The key of this installation, and what is made of it.
//!
//! Numbers and addresses are kept sealed (XChaCha20-Poly1305) and looked up by a keyed hash (HMAC-SHA-256), so that a copy of
//! the database tells neither, not even by trying all phone numbers (h35). Every use has a name of its own: a hash for one is
//! worth nothing for another, and what was sealed for one place does not open in another.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::Sha256;

/// Bytes of the key.
pub const KEY_BYTES: usize = 32;
/// Before every sealed value: the way it was sealed.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// A keyed hash.
pub type KeyedHash = [u8; 32];

/// What was kept cannot be opened: another key, another place, or bytes that were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened: it was changed, or sealed with another key")]
pub struct Unreadable;

/// The keys of this installation. Shows nothing of them.
#[derive(Clone)]
pub struct Keys {
    seal: XChaCha20Poly1305,
    hash: Hmac<Sha256>,
}

impl Keys {
    /// The keys that follow from the one that is configured.
    #[must_use]
    pub fn from_master(master: &[u8; KEY_BYTES]) -> Self {
        let derive = |name: &[u8]| {
            let mut key = [0_u8; KEY_BYTES];
            // 32 bytes are never too many for HKDF with SHA-256.
            let _ = Hkdf::<Sha256>::new(None, master).expand(name, &mut key);
            key
        };
        // HMAC fills a key up to its block with noughts.
        let mut block = [0_u8; 64];
        block[..KEY_BYTES].copy_from_slice(&derive(b"kith hash 1"));
        Self {
            seal: <XChaCha20Poly1305 as KeyInit>::new(&derive(b"kith seal 1").into()),
            hash: <Hmac<Sha256> as Mac>::new(&block.into()),
        }
    }

    /// New keys, for tests.
    #[must_use]
    pub fn random() -> Self {
        let mut master = [0_u8; KEY_BYTES];
        rand::rng().fill_bytes(&mut master);
        Self::from_master(&master)
    }

    /// Reads a key: 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut master = [0_u8; KEY_BYTES];
        for (byte, at) in master.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self::from_master(&master))
    }

    /// A new key as it is written in a file.
    #[must_use]
    pub fn generate_text() -> String {
        let mut master = [0_u8; KEY_BYTES];
        rand::rng().fill_bytes(&mut master);
        master.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// Seals a value for the place that `context` names.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        // Fails for more than 256 GB only.
        let sealed = self.seal.encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default();
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// Opens a value that was sealed for the same place.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (version, rest) = sealed.split_first().ok_or(Unreadable)?;
        if *version != VERSION || rest.len() < NONCE_BYTES {
            return Err(Unreadable);
        }
        let (nonce, sealed) = rest.split_at(NONCE_BYTES);
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        self.seal.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| Unreadable)
    }

    /// As [`Keys::open`], for a text.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<String, Unreadable> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| Unreadable)
    }

    /// The keyed hash of some parts, for one use.
    #[must_use]
    pub fn hash(&self, purpose: &str, parts: &[&[u8]]) -> KeyedHash {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// Whether `hash` is that of these parts; in constant time.
    #[must_use]
    pub fn matches(&self, purpose: &str, parts: &[&[u8]], hash: &[u8]) -> bool {
        self.mac(purpose, parts).verify_slice(hash).is_ok()
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.hash.clone();
        for part in [&[purpose.as_bytes()], parts].concat() {
            // With its length in front, so that no two lists of parts read the same.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

/// A keyed hash as text, for the payload of an event.
#[must_use]
pub fn hex(hash: &KeyedHash) -> String {
    hash.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// Reads what [`hex`] wrote.
#[must_use]
pub fn unhex(text: &str) -> Option<KeyedHash> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = KeyedHash::default();
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}
