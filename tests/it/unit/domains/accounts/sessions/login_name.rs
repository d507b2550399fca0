use kith::domains::accounts::sessions::login_name::*;

#[test]
fn r4_11_the_colon_is_an_ascii_one() {
    assert_eq!(LoginName::parse("aurora"), LoginName::Account("aurora"));
    assert_eq!(LoginName::parse(" aurora:xiaoli "), LoginName::SubAccount("aurora", "xiaoli"));
    assert_eq!(LoginName::parse("aurora：xiaoli"), LoginName::FullWidthColon);
    assert_eq!(LoginName::parse(&"x".repeat(50_000)), LoginName::Account(""));
}
