use kith::providers::keys::*;

#[test]
fn what_is_sealed_opens_in_its_own_place_with_its_own_key_only() {
    let keys = Keys::random();
    let sealed = keys.seal("phone", b"+8613812345634");
    assert_eq!(keys.open("phone", &sealed).as_deref(), Ok(&b"+8613812345634"[..]));
    assert_ne!(sealed, keys.seal("phone", b"+8613812345634"), "twice the same is not seen to be the same");
    assert_eq!(keys.open("e-mail", &sealed), Err(Unreadable));
    assert_eq!(Keys::random().open("phone", &sealed), Err(Unreadable));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(keys.open("phone", &changed), Err(Unreadable), "byte {at}");
        assert_eq!(keys.open("phone", &sealed[..at]), Err(Unreadable), "cut at {at}");
    }
}

#[test]
fn hashes_are_bound_to_key_use_and_the_borders_of_the_parts() {
    let keys = Keys::random();
    let hash = keys.hash("phone", &[b"ab", b"c"]);
    assert_eq!(hash, keys.hash("phone", &[b"ab", b"c"]));
    assert_ne!(hash, keys.hash("phone", &[b"a", b"bc"]));
    assert_ne!(hash, keys.hash("source", &[b"ab", b"c"]));
    assert_ne!(hash, Keys::random().hash("phone", &[b"ab", b"c"]));
    assert!(keys.matches("phone", &[b"ab", b"c"], &hash) && !keys.matches("phone", &[b"ab", b"c"], &hash[..31]));
}

#[test]
fn a_hash_is_written_and_read_back() {
    let hash = Keys::random().hash("phone", &[b"a"]);
    assert_eq!(unhex(&hex(&hash)), Some(hash));
    for bad in ["", "ab", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(unhex(bad), None, "{bad}");
    }
}

#[test]
fn a_key_is_64_digits_and_is_not_shown() {
    let text = Keys::generate_text();
    let keys = Keys::parse(&format!(" {text}\n")).map(|keys| (keys.hash("x", &[]), format!("{keys:?}")));
    assert_eq!(keys.as_ref().map(|k| k.0), Keys::parse(&text).map(|k| k.hash("x", &[])));
    assert!(keys.is_some_and(|(_, shown)| !shown.contains(&text[..8])));
    for bad in ["", "ab", &"g".repeat(64), &text[1..], &"é".repeat(32)] {
        assert!(Keys::parse(bad).is_none(), "{bad}");
    }
}
