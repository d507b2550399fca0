//! The numbers of mainland China (GB 11643-1999): 6 digits of a region, 8 of the date of birth, 3 of order, and a check digit
//! by ISO 7064, mod 11-2. Pure.

use chrono::NaiveDate;

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is not 17 digits and a digit or X.
    Form,
    /// No province, prefecture or county has the first six digits (GB/T 2260).
    Region,
    /// The next eight are no date, one to come, or one of long ago.
    Date,
    /// The last one does not follow from the others.
    CheckDigit,
}

/// The provinces, autonomous regions and municipalities of GB/T 2260, and the three numbers for residents from beyond.
const PROVINCES: [u8; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82, 83,
];
/// The year of the oldest who may be alive.
const OLDEST: i32 = 1900;

/// Checks a number on a day.
///
/// # Errors
/// The first thing that is [`Wrong`].
pub fn check(number: &str, today: NaiveDate) -> Result<(), Wrong> {
    let bytes = number.as_bytes();
    let (digits, last) = match bytes {
        [digits @ .., last] if digits.len() == 17 => (digits, *last),
        _ => return Err(Wrong::Form),
    };
    if !digits.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || last == b'X') {
        return Err(Wrong::Form);
    }
    let pair = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
    let province = pair(0);
    // The registers of prefectures and counties change every year; their ranges do not.
    let prefecture = matches!(pair(2), 1..=70 | 90);
    let county = pair(4) != 0;
    if !PROVINCES.contains(&province) || !prefecture || !county {
        return Err(Wrong::Region);
    }
    let year = i32::from(pair(6)) * 100 + i32::from(pair(8));
    let born = NaiveDate::from_ymd_opt(year, u32::from(pair(10)), u32::from(pair(12)));
    if born.is_none_or(|born| year < OLDEST || born > today) {
        return Err(Wrong::Date);
    }
    if check_digit(digits) == Some(last) { Ok(()) } else { Err(Wrong::CheckDigit) }
}

/// The check digit of 17 digits (ISO 7064, mod 11-2); nothing for what is not 17 digits.
#[must_use]
pub fn check_digit(digits: &[u8]) -> Option<u8> {
    if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let remainder = digits.iter().fold(0_u32, |rest, digit| (rest + u32::from(digit - b'0')) * 2 % 11);
    // The number that brings the sum to 1.
    b"10X98765432".get(usize::try_from(remainder).ok()?).copied()
}
