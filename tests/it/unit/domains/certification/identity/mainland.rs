use chrono::NaiveDate;

use kith::domains::certification::identity::mainland::*;

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
