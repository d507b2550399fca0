//! What the app and Kith agree on.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::Rng;
use totp_rs::{Builder, Secret as Shared, Totp};

use crate::kernel::fault::Refusal;
use crate::kernel::{Instant, Text};
use crate::telemetry::Secret;

/// What secrets are sealed for.
pub const SEALED_FOR: &str = "totp.secret";
/// What recovery codes are hashed for.
pub const RECOVERY: &str = "totp.recovery";
/// Recovery codes of one account.
pub const CODES: usize = 10;

/// Bytes of a secret: what RFC 4226 recommends.
const BYTES: usize = 20;
/// Letters and digits that nobody takes for one another; 32 of them, so that a byte's five low bits choose one fairly.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A new secret.
#[must_use]
pub fn random_secret() -> Secret<Vec<u8>> {
    let mut secret = vec![0_u8; BYTES];
    rand::rng().fill_bytes(&mut secret);
    Secret::new(secret)
}

/// Ten new recovery codes, each of ten letters (50 random bits) with a dash in the middle.
#[must_use]
pub fn random_codes() -> Secret<Vec<String>> {
    let code = |_| {
        let mut random = [0_u8; 10];
        rand::rng().fill_bytes(&mut random);
        let letters: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
        format!("{}-{}", &letters[..5], &letters[5..])
    };
    Secret::new((0..CODES).map(code).collect())
}

/// A recovery code as it is compared: capitals, without dashes and spaces; `None` for what is none.
#[must_use]
pub fn plain_code(code: &str) -> Option<String> {
    if code.len() > 40 {
        return None;
    }
    let plain: String = code.chars().filter(|c| !"- ".contains(*c)).collect::<String>().to_ascii_uppercase();
    (plain.len() == 10 && plain.bytes().all(|b| LETTERS.contains(&b))).then_some(plain)
}

/// What shows the codes of a secret: SHA-1, six digits, thirty seconds, one step to either side, as every app has it.
///
/// # Errors
/// The secret is too short, which is a fault of ours.
pub fn generator(secret: &[u8]) -> Result<Totp, String> {
    let totp = Builder::new().with_secret(Shared::new(secret.into())).build();
    totp.map_err(|error| format!("a secret of an authenticator: {error}"))
}

/// The time step whose code this is, if it is the one of `now` or of its neighbours.
#[must_use]
pub fn step_of(totp: &Totp, code: &str, now: Instant) -> Option<i64> {
    let seconds = u64::try_from(now.timestamp()).ok()?;
    totp.check(code.trim(), seconds).and_then(|step| i64::try_from(step).ok())
}

/// The secret as people type it into the app.
#[must_use]
pub fn written(secret: &[u8]) -> String {
    Shared::new(secret.into()).to_base32()
}

/// The address that the app reads from a QR code.
#[must_use]
pub fn address(login: &str, secret: &[u8]) -> String {
    let login = utf8_percent_encode(login, NON_ALPHANUMERIC);
    format!("otpauth://totp/Kith:{login}?secret={}&issuer=Kith&algorithm=SHA1&digits=6&period=30", written(secret))
}

/// Why an authenticator is not set up or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpRefusal {
    /// One is active already.
    Active,
    /// None is being set up.
    NotEnrolled,
    /// None is active.
    NotActive,
}

impl Refusal for TotpRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Active => "TOTP_ACTIVE",
            Self::NotEnrolled => "TOTP_NOT_ENROLLED",
            Self::NotActive => "TOTP_NOT_ACTIVE",
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Active => Text::new(
                "An authenticator is active already. Disable it first with disableTotp.",
                "已启用身份验证器,请先通过 disableTotp 停用。",
            ),
            Self::NotEnrolled => Text::new(
                "No authenticator is being set up. Begin with enrolTotp.",
                "尚未开始设置身份验证器,请先调用 enrolTotp。",
            ),
            Self::NotActive => Text::new(
                "No authenticator is active. Set one up with enrolTotp and confirmTotp.",
                "尚未启用身份验证器,请通过 enrolTotp 和 confirmTotp 设置。",
            ),
        }
    }
}
