//! The numbers of Hong Kong, Macao and Taiwan, and of passports. Pure.

/// Whether it is the number of a Hong Kong identity card: one or two letters, six digits and a check digit, which may stand in
/// brackets.
#[must_use]
pub fn hong_kong(number: &str) -> bool {
    let plain: String = number.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    let bytes = plain.as_bytes();
    let letters = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    if !(1..=2).contains(&letters) || bytes.len() != letters + 7 {
        return false;
    }
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    };
    if !bytes[letters..letters + 6].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let check = match bytes[letters + 6] {
        b'A' => 10,
        digit @ b'0'..=b'9' => u32::from(digit - b'0'),
        _ => return false,
    };
    // A missing first letter counts as a space, which is 36.
    let first = if letters == 2 { value(bytes[0]) } else { Some(36) };
    let rest = &bytes[letters - 1..letters + 6];
    let weighed = rest.iter().zip((2..=8).rev()).filter_map(|(byte, weight)| Some(value(*byte)? * weight));
    (first.unwrap_or(0) * 9 + weighed.sum::<u32>() + check).is_multiple_of(11)
}

/// Whether it is the number of a Macao identity card: seven digits from 1, 5 or 7 on, and a check digit, whose rule is not
/// published.
#[must_use]
pub fn macao(number: &str) -> bool {
    let plain: String = number.chars().filter(|c| !matches!(c, '(' | ')' | '/')).collect();
    plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) && plain.starts_with(['1', '5', '7'])
}

/// Whether it is the number of a Taiwan identity card: a letter, nine digits, the last of which checks.
#[must_use]
pub fn taiwan(number: &str) -> bool {
    const LETTERS: &[u8; 26] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let [letter, digits @ ..] = number.as_bytes() else { return false };
    let Some(place) = LETTERS.iter().position(|known| known == letter) else { return false };
    if digits.len() != 9 || !digits.iter().all(u8::is_ascii_digit) || !matches!(digits[0], b'1' | b'2' | b'8' | b'9') {
        return false;
    }
    let code = u32::try_from(place).unwrap_or(0) + 10;
    let head = code / 10 + code % 10 * 9;
    let body: u32 = digits[..8].iter().zip((1..=8).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    (head + body + u32::from(digits[8] - b'0')).is_multiple_of(10)
}

/// Whether it can be the number of a passport: 6 to 12 capital letters and digits, and not a number of digits alone that is as
/// long as an identity card's.
#[must_use]
pub fn passport(number: &str) -> bool {
    (6..=12).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
