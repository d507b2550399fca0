use kith::domains::accounts::sessions::seen::*;
use kith::providers::Keys;

#[test]
fn networks_are_told_apart_and_our_own_are_not_told() {
    let keys = Keys::random();
    let key = |text: &str| text.parse().ok().and_then(|ip| network_key(&keys, ip));
    assert!(key("203.0.113.7").is_some() && key("203.0.113.7") != key("203.0.113.8"));
    assert_eq!(key("::ffff:203.0.113.7"), key("203.0.113.7"));
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"), "one household");
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    for own in ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1", "0.0.0.0"] {
        assert_eq!(key(own), None, "{own}");
    }
}
