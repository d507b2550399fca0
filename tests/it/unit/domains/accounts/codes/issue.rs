use kith::domains::accounts::codes::issue::*;

#[test]
fn r3_4_a_code_has_six_digits_also_when_it_begins_with_noughts() {
    let codes: Vec<String> = (0..2_000).map(|_| random_code(6)).collect();
    assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    assert!(codes.iter().any(|code| code.starts_with('0')));
    assert!(codes.iter().collect::<std::collections::HashSet<_>>().len() > 1_900);
}
