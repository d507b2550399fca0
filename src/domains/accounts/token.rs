//! Session tokens: opaque, prefixed so that scanners find leaked ones, checksummed so that typing errors and guesses
//! never reach the database, and stored as a hash only (design, decision 11).

use std::fmt;

use rand::Rng;
use sha2::{Digest, Sha256};

/// What every session token begins with.
pub const PREFIX: &str = "kith_";
const RANDOM_HEX: usize = 64;
const CHECKSUM_HEX: usize = 8;

/// A session token in the clear. Shown once, to the one who logged in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What the database keeps of a token.
pub type TokenHash = Vec<u8>;

impl Token {
    /// A new token: 256 random bits.
    #[must_use]
    pub fn generate() -> Self {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        Self::from_random(random)
    }

    fn from_random(random: [u8; 32]) -> Self {
        let body = random.iter().fold(PREFIX.to_owned(), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        });
        let checksum = crc32fast::hash(body.as_bytes());
        Self(format!("{body}{checksum:08x}"))
    }

    /// Reads a token as a client sent it; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != PREFIX.len() + RANDOM_HEX + CHECKSUM_HEX || !text.is_ascii() || !text.starts_with(PREFIX) {
            return None;
        }
        let (body, checksum) = text.split_at(PREFIX.len() + RANDOM_HEX);
        let right = u32::from_str_radix(checksum, 16).ok()? == crc32fast::hash(body.as_bytes());
        right.then(|| Self(text.to_owned()))
    }

    /// The token of an `Authorization: Bearer` header; `None` when there is none that can be one.
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Self::parse(token.trim()))?
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_tokens_are_told_by_their_checksum() {
        let token = Token::generate();
        assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
        assert_ne!(Token::generate(), token);
        let mut forged = token.reveal().to_owned();
        let last = forged.pop();
        forged.push(if last == Some('0') { '1' } else { '0' });
        assert_eq!(Token::parse(&forged), None);
        for bad in ["", "kith_", "Bearer", &"kith_é".repeat(12), &forged[..70]] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
        assert!(!format!("{token:?}").contains(&token.reveal()[5..20]));
    }
}
