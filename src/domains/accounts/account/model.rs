//! Accounts and the names they log in by.

use diesel::prelude::*;

use crate::db::schema::accounts;
use crate::kernel::ids::AccountId;
use crate::kernel::{Instant, names};

/// An account, without its password.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// The name it logs in by.
    pub login: String,
    /// `PERSON`, `ENTERPRISE` or `OPERATOR`.
    pub kind: String,
    /// The name that others see.
    pub display_name: String,
    /// `ACTIVE`, `DISABLED` or `DELETED`.
    pub state: String,
    /// Its time zone, by its IANA name.
    pub time_zone: String,
    /// When it was registered.
    pub created_at: Instant,
}

/// What others may see of an account, and how it is named in their records.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Profile {
    /// The id.
    pub id: AccountId,
    /// The name it logs in by.
    pub login: String,
    /// The name that others see.
    pub display_name: String,
}

/// Fewest and most characters of a log-in name.
pub const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 3..=32;

/// Whether a text can be a log-in name: letters, digits, `_`, `-`, `.`, or Chinese characters. The colon is what parts
/// a main account from its sub-account, so it never stands in a name.
#[must_use]
pub fn is_login(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c) || ('\u{4e00}'..='\u{9fff}').contains(&c);
    // A name of digits alone could be somebody's phone number, which logs in too (requirement 1.7).
    let number = text.len() >= 7 && text.bytes().all(|b| b.is_ascii_digit());
    LOGIN_LENGTH.contains(&text.chars().take(33).count()) && text.chars().all(fits) && !number
}

/// The form of a log-in name that is unique: upper and lower case are the same.
#[must_use]
pub fn login_key(login: &str) -> String {
    login.to_lowercase()
}

/// Fewest and most characters of a display name.
pub const LONGEST_DISPLAY_NAME: usize = 40;

/// Whether a text can be shown as a name: printable, and not made of space alone.
#[must_use]
pub fn is_display_name(text: &str) -> bool {
    names::is_line(text, LONGEST_DISPLAY_NAME)
}
