//! Tokens of sessions and of services: opaque, prefixed so that scanners find leaked ones, checksummed so that typing errors and guesses
//! never reach the database, and stored as a hash only (design, decision 11).

use std::fmt;

use rand::Rng;
use sha2::{Digest, Sha256};

/// What a token opens; each kind has a beginning of its own, so that none is taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A log-in.
    Session,
    /// What a third-party service asks with.
    Service,
    /// What gives a session new tokens, once.
    Refresh,
    /// What a device is known by.
    Device,
    /// A log-in that waits for its second factor.
    Pending,
    /// The link of a recovery e-mail.
    Recovery,
    /// What an invitation to a relative is answered with.
    Family,
}

impl Kind {
    /// What every token of the kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "kith_",
            Self::Service => "kithsvc_",
            Self::Refresh => "kithref_",
            Self::Device => "kithdev_",
            Self::Pending => "kithpen_",
            Self::Recovery => "kithrec_",
            Self::Family => "kithfam_",
        }
    }
}

const RANDOM_HEX: usize = 64;
const CHECKSUM_HEX: usize = 8;

/// A token in the clear. Shown once, to the one who logged in or had it issued.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What the database keeps of a token.
pub type TokenHash = Vec<u8>;

impl Token {
    /// A new session token: 256 random bits.
    #[must_use]
    pub fn generate() -> Self {
        Self::generate_of(Kind::Session)
    }

    /// A new token of a kind: 256 random bits.
    #[must_use]
    pub fn generate_of(kind: Kind) -> Self {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        let body = random.iter().fold(kind.prefix().to_owned(), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        });
        let checksum = crc32fast::hash(body.as_bytes());
        Self(format!("{body}{checksum:08x}"))
    }

    /// Reads a session token as a client sent it; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_of(Kind::Session, text)
    }

    /// Reads a token of a kind as a client sent it; `None` when it cannot be one.
    #[must_use]
    pub fn parse_of(kind: Kind, text: &str) -> Option<Self> {
        let prefix = kind.prefix();
        if text.len() != prefix.len() + RANDOM_HEX + CHECKSUM_HEX || !text.is_ascii() || !text.starts_with(prefix) {
            return None;
        }
        let (body, checksum) = text.split_at(prefix.len() + RANDOM_HEX);
        let right = u32::from_str_radix(checksum, 16).ok()? == crc32fast::hash(body.as_bytes());
        right.then(|| Self(text.to_owned()))
    }

    /// The session token of an `Authorization: Bearer` header; `None` when there is none that can be one.
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        Self::of_header_of(Kind::Session, header)
    }

    /// The token of a kind of an `Authorization: Bearer` header; `None` when there is none that can be one.
    #[must_use]
    pub fn of_header_of(kind: Kind, header: &str) -> Option<Self> {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Self::parse_of(kind, token.trim()))?
    }

    /// The token in the clear, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kith_***")
    }
}
