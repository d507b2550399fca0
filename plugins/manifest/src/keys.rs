//! Ed25519 keys in text form.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::manifest::sha256;
use crate::refusal::{Kind, Refusal};

const PUBLIC: &str = "kith-pub:";
const SECRET: &str = "kith-secret:";

/// The name of a key: the first 16 bytes of the SHA-256 of its public half, in hex.
pub type KeyId = String;

/// A key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads `kith-pub:<base64 of 32 bytes>`. Keys of small order are refused: they fit any contents.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bytes = decode(text.trim(), PUBLIC)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Kind::KeyFile.because("not a point of the curve"))?;
        if key.is_weak() {
            return Err(Kind::KeyFile.because("a key of small order"));
        }
        Ok(Self(key))
    }

    /// The text that [`parse`](Self::parse) reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PUBLIC}{}", BASE64_STANDARD.encode(self.0.as_bytes()))
    }

    /// The name that envelopes and revocations use.
    #[must_use]
    pub fn id(&self) -> KeyId {
        sha256(self.0.as_bytes()).to_hex()[..32].to_owned()
    }

    /// Whether the signature is this key's over exactly these bytes (RFC 8032, strict).
    pub(crate) fn fits(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// A key that signs. Wiped from memory when dropped, never shown.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A fresh key from the operating system's randomness.
    pub fn generate() -> Result<Self, Refusal> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|e| Kind::KeyFile.because(e.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads `kith-secret:<base64 of 32 bytes>`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Ok(Self(SigningKey::from_bytes(&decode(text.trim(), SECRET)?)))
    }

    /// Reads a key file. Refused when others than its owner may read it.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let fault = |e: std::io::Error| Kind::KeyFile.because(format!("{}: {e}", path.display()));
        let mode = std::fs::metadata(path).map_err(fault)?.mode();
        if mode & 0o077 != 0 {
            return Err(Kind::KeyFile.because(format!("{}: others may read it; chmod 600", path.display())));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(fault)?)
    }

    /// Writes a key file that only its owner may read. An existing file is never overwritten.
    pub fn write(&self, path: &Path) -> Result<(), Refusal> {
        let fault = |e: std::io::Error| Kind::KeyFile.because(format!("{}: {e}", path.display()));
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
        writeln!(file, "{SECRET}{}", BASE64_STANDARD.encode(self.0.to_bytes())).map_err(fault)?;
        file.sync_all().map_err(fault)
    }

    /// The half that may be known.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public().id())
    }
}

fn decode(text: &str, prefix: &str) -> Result<[u8; 32], Refusal> {
    let encoded = text.strip_prefix(prefix).ok_or_else(|| Kind::KeyFile.because(format!("it must begin {prefix}")))?;
    BASE64_STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Kind::KeyFile.because("32 bytes in base64 must follow the prefix"))
}
