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

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default()
    }

    /// By the weights that the standard prints, as a second way to the same digit.
    fn by_weights(digits: &[u8]) -> u8 {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        b"10X98765432"[usize::try_from(sum % 11).unwrap_or(0)]
    }

    #[test]
    fn r2_3_region_date_and_check_digit_are_checked() {
        // The examples of the standard.
        for good in ["11010519491231002X", "440524188001010014"] {
            let wanted = if good.starts_with("44") { Err(Wrong::Date) } else { Ok(()) };
            assert_eq!(check(good, today()), wanted, "{good}: nobody of 1880 is alive");
            assert_eq!(check_digit(&good.as_bytes()[..17]), good.as_bytes().last().copied());
        }
        for (bad, wrong) in [
            ("", Wrong::Form),
            ("11010519491231002x", Wrong::Form),
            ("1101051949123100２X", Wrong::Form),
            ("11010519491231002X1", Wrong::Form),
            ("1101051949123100-X", Wrong::Form),
            ("110105491231002", Wrong::Form),
            ("01010519491231002X", Wrong::Region),
            ("99010519491231002X", Wrong::Region),
            ("11000519491231002X", Wrong::Region),
            ("11010019491231002X", Wrong::Region),
            ("11010519490230002X", Wrong::Date),
            ("11010519491331002X", Wrong::Date),
            ("11010520261122002X", Wrong::Date),
            ("110105194912310021", Wrong::CheckDigit),
        ] {
            assert_eq!(check(bad, today()), Err(wrong), "{bad}");
        }
    }

    #[test]
    fn every_single_wrong_digit_and_every_swap_of_neighbours_is_found() {
        let good = b"11010519491231002X";
        for at in 0..17 {
            for digit in b'0'..=b'9' {
                let mut bad = *good;
                bad[at] = digit;
                assert_eq!(check_digit(&bad[..17]) == Some(b'X'), digit == good[at], "{at}");
                assert_eq!(check_digit(&bad[..17]), Some(by_weights(&bad[..17])));
            }
            if at < 16 && good[at] != good[at + 1] {
                let mut bad = *good;
                bad.swap(at, at + 1);
                assert_ne!(check_digit(&bad[..17]), Some(b'X'), "{at}");
            }
        }
    }
}
