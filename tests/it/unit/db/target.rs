use kith::db::target::*;

#[test]
fn ssl_mode_is_taken_out_wherever_it_stands() {
    for (url, rest, mode) in [
        ("postgres://h/d", "postgres://h/d", Mode::Prefer),
        ("postgres://h/d?sslmode=verify-full", "postgres://h/d", Mode::VerifyFull),
        ("postgres://h/d?a=1&sslmode=require&b=2", "postgres://h/d?a=1&b=2", Mode::Require),
        ("host=h sslmode=disable dbname=d", "host=h dbname=d", Mode::Disable),
    ] {
        assert_eq!(take_ssl_mode(url).unwrap(), (rest.to_owned(), mode));
    }
    assert!(take_ssl_mode("postgres://h/d?sslmode=allow").is_err());
}
