use kith::server::middleware::hosts::without_port;

#[test]
fn the_port_is_not_compared() {
    for (host, name) in [("localhost:8000", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a", "a")] {
        assert_eq!(without_port(host), name);
    }
}
