use kith::server::cors::same_origin;

#[test]
fn h26_only_the_same_host_and_port_is_the_same_origin() {
    for (origin, host, same) in [
        ("http://a.example", "a.example", true),
        ("http://A.example:80", "a.Example", true),
        ("https://a.example", "a.example:443", true),
        ("https://a.example", "a.example", true),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", true),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", false),
        ("http://a.example.evil", "a.example", false),
        ("http://evil-a.example", "a.example", false),
        ("https://a.example:80", "a.example", false),
        ("file://a.example", "a.example", false),
        ("null", "null", false),
        ("", "", false),
    ] {
        assert_eq!(same_origin(origin, host), same, "{origin} {host}");
    }
}
