//! Passwords: checked for strength, hashed with Argon2id on a bounded pool, compared in constant time.
//!
//! A hash costs about 28 ms of a core (facts). So only a few are computed at a time and only so many may wait; a flood
//! of log-ins gets "busy" and everything else goes on.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::Rng;
use tokio::sync::Semaphore;

use crate::kernel::{Fault, Text};

/// The fewest characters of a password.
pub const SHORTEST: usize = 8;
/// The most characters of a password; more would only cost time.
pub const LONGEST: usize = 256;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakPassword {
    /// Fewer than [`SHORTEST`] characters.
    TooShort,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// One of those that everybody tries first.
    Common,
}

impl WeakPassword {
    /// What is wrong and what to do.
    #[must_use]
    pub fn message(self) -> Text {
        match self {
            Self::TooShort => Text::new(
                "A password has at least 8 characters; 15 or more are better.",
                "密码至少 8 个字符,建议 15 个以上。",
            ),
            Self::Common => Text::new(
                "This password is one of the most common ones. Choose one that nobody guesses: a few words, for example.",
                "该密码过于常见,请更换,例如使用几个不相关的词语。",
            ),
            Self::TooLong => Text::new("A password has at most 256 characters.", "密码最多 256 个字符。"),
        }
    }
}

/// The passwords that are tried first, whichever case they are written in.
pub static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Checks a new password: its length, and that it is none of the common ones. What it is made of is left to the user.
///
/// # Errors
/// Why it is refused.
pub fn check(secret: &str) -> Result<(), WeakPassword> {
    match secret.chars().take(LONGEST + 1).count() {
        n if n < SHORTEST => Err(WeakPassword::TooShort),
        n if n > LONGEST => Err(WeakPassword::TooLong),
        _ if COMMON.contains(secret.to_lowercase().as_str()) => Err(WeakPassword::Common),
        _ => Ok(()),
    }
}

/// What hashing costs, and how much of it may go on at once.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Hashes computed at the same time.
    pub at_once: usize,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1, at_once: 2 }
    }
}

/// How many may wait for each that is computed.
const WAITING_PER_WORKER: usize = 32;

struct Hasher {
    argon: Argon2<'static>,
    working: Semaphore,
    admitted: Semaphore,
    /// What a password is compared with when there is no such account, so that the answer takes as long.
    nobody: String,
}

static HASHER: OnceLock<Hasher> = OnceLock::new();

impl Hasher {
    fn new(cost: Cost) -> Self {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).unwrap_or_default();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_now(&argon, "nobody has this password").unwrap_or_default();
        let at_once = cost.at_once.max(1);
        Self {
            argon,
            working: Semaphore::new(at_once),
            admitted: Semaphore::new(at_once * (1 + WAITING_PER_WORKER)),
            nobody,
        }
    }

    fn get() -> &'static Self {
        HASHER.get_or_init(|| Self::new(Cost::default()))
    }

    /// Runs work on the blocking pool when it is its turn, or says "busy" when too many wait.
    async fn take_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let busy = || Fault::Busy { retry_after: Duration::from_secs(1) };
        let _admitted = self.admitted.try_acquire().map_err(|_| busy())?;
        let _working = self.working.acquire().await.map_err(Fault::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)
    }
}

/// Sets what hashing costs. The first call of the process counts.
pub fn configure(cost: Cost) {
    HASHER.get_or_init(|| Hasher::new(cost));
}

fn hash_now(argon: &Argon2<'_>, secret: &str) -> Option<String> {
    let mut random = [0_u8; 16];
    rand::rng().fill_bytes(&mut random);
    let salt = SaltString::encode_b64(&random).ok()?;
    argon.hash_password(secret.as_bytes(), &salt).ok().map(|hash| hash.to_string())
}

/// Hashes a password for keeping, as a PHC string.
///
/// # Errors
/// [`Fault::Busy`] when too many wait.
pub async fn hash(secret: String) -> Result<String, Fault> {
    let hasher = Hasher::get();
    hasher
        .take_turn(move || hash_now(&hasher.argon, &secret))
        .await?
        .ok_or_else(|| Fault::internal("a password could not be hashed"))
}

/// Whether a password is the one that was hashed. Without a hash the answer is no, after the same time (h33).
///
/// # Errors
/// [`Fault::Busy`] when too many wait.
pub async fn verify(secret: String, hash: Option<String>) -> Result<bool, Fault> {
    if secret.chars().take(LONGEST + 1).count() > LONGEST {
        return Ok(false);
    }
    let hasher = Hasher::get();
    hasher
        .take_turn(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| hasher.nobody.clone());
            let matches = PasswordHash::new(&hash)
                .is_ok_and(|parsed| hasher.argon.verify_password(secret.as_bytes(), &parsed).is_ok());
            known && matches
        })
        .await
}
