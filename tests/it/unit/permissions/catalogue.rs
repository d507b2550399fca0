use kith::permissions::catalogue::*;

#[test]
fn numbers_and_codes_are_unique_and_core() {
    for (at, entry) in CORE.iter().enumerate() {
        assert!(entry.number < FIRST_DYNAMIC);
        for other in &CORE[at + 1..] {
            assert_ne!(entry.number, other.number, "{} and {}", entry.code, other.code);
            assert_ne!(entry.code, other.code);
        }
    }
}

#[test]
fn numbers_find_their_entries() {
    for entry in CORE {
        assert!(std::ptr::eq(by_number(entry.number).unwrap_or(&CORE[0]), entry), "{}", entry.code);
    }
    for none in [0, 5, 127, 128, 1023, FIRST_DYNAMIC, Number::MAX] {
        assert!(by_number(none).is_none(), "{none}");
    }
}

#[test]
fn r4_14_the_risky_ones_are_marked() {
    for code in ["item.delete", "item.price.update", "funds.read", "funds.withdraw"] {
        assert!(by_code(code).is_some_and(|e| e.high_risk), "{code}");
    }
}
