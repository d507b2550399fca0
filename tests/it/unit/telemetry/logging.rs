use kith::telemetry::logging::*;

#[test]
fn a_level_is_checked() {
    assert!(parse_level("info").is_ok());
    assert!(parse_level("info,kith::db=debug").is_ok());
    assert!(parse_level("kith=loud").is_err());
}
