//! Values that must not be read in a log, a trace, an error or a metric (h35).

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A value that prints as `***`, whatever asks. It has no `Serialize`, so that it cannot leave by that way either.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself: for the one place that needs it, never for a message.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// A phone number with all but its first three and last two digits hidden: `+86138******34` (3.2).
/// Short ones are hidden whole.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if digits < 8 {
        return "***".to_owned();
    }
    let shown_at_start = if phone.starts_with('+') { 5 } else { 3 };
    let mut seen = 0;
    phone
        .chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return if c == '+' || c == ' ' || c == '-' { c } else { '*' };
            }
            seen += 1;
            if seen <= shown_at_start.min(digits - 5) || seen > digits - 2 { c } else { '*' }
        })
        .collect()
}

/// An e-mail address with its name hidden but for the first letter: `w***@example.com`. What is not one is hidden whole.
#[must_use]
pub fn mask_email(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() => {
            name.chars().next().map_or_else(|| "***".to_owned(), |first| format!("{first}***@{host}"))
        }
        _ => "***".to_owned(),
    }
}

/// A token with its kind only: `kith_sess_***`. The kind is what stands before the last underscore, if that is a plain word.
#[must_use]
pub fn mask_token(token: &str) -> String {
    match token.rsplit_once('_') {
        Some((kind, _)) if kind.len() <= 16 && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
            format!("{kind}_***")
        }
        _ => "***".to_owned(),
    }
}

/// A database URL with its password hidden. A text in which the parts cannot be told apart for certain is hidden whole:
/// a password with an unescaped `@`, `/` or `?` must not be shown in half.
#[must_use]
pub fn mask_url(url: &str) -> String {
    let hidden = || "***".to_owned();
    let Some((scheme, rest)) = url.split_once("://") else { return hidden() };
    if rest.matches('@').count() > 1 {
        return hidden();
    }
    let (user_info, place) = rest.split_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
    let place = place.split_once('?').map_or(place, |(place, _)| place);
    match user_info {
        None if rest.contains('?') && rest.to_ascii_lowercase().contains("password") => hidden(),
        None => format!("{scheme}://{place}"),
        Some(user_info) if user_info.contains(['/', '?']) => hidden(),
        Some(user_info) => {
            let user = user_info.split_once(':').map_or(user_info, |(user, _)| user);
            let password = if user_info.contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{password}@{place}")
        }
    }
}
