use kith::domains::accounts::totp::model::*;

/// The secret and some figures of RFC 6238, appendix B, cut to six digits.
#[test]
fn r3_14_codes_are_those_of_the_standard() {
    let totp = generator(b"12345678901234567890").unwrap();
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
        let now = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(step_of(&totp, code, now), Some(seconds / 30), "{seconds}");
        let later = now + chrono::TimeDelta::seconds(61);
        assert_eq!(step_of(&totp, code, later), None, "two steps later");
    }
    for bad in ["", "28708", "2870822", "+28708", "２８７０８２", "abcdef"] {
        assert_eq!(step_of(&totp, bad, chrono::DateTime::from_timestamp(59, 0).unwrap()), None, "{bad}");
    }
    assert!(generator(b"short").is_err());
}

#[test]
fn addresses_are_read_by_apps() {
    let text = address("极光:a b", b"12345678901234567890");
    assert!(
        text.starts_with("otpauth://totp/Kith:%E6%9E%81%E5%85%89%3Aa%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&")
    );
}

#[test]
fn recovery_codes_are_random_and_read_as_people_write_them() {
    let codes = random_codes();
    let all: std::collections::HashSet<_> = codes.expose().iter().collect();
    assert_eq!(all.len(), CODES);
    for code in all {
        let plain = plain_code(code).unwrap();
        assert_eq!(plain_code(&format!(" {} ", code.to_lowercase())), Some(plain));
    }
    for bad in ["", "ABCDE-FGHJ", "ABCDE-FGHIJ", &"A".repeat(50_000)] {
        assert_eq!(plain_code(bad), None);
    }
}
