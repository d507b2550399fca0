use kith::telemetry::redact::*;

#[test]
fn h35_a_secret_cannot_be_printed() {
    #[derive(Debug)]
    struct Holder {
        #[expect(dead_code, reason = "only its Debug text is looked at")]
        password: Secret<&'static str>,
    }
    let text = format!(
        "{:?} {} {:?}",
        Secret::new("hunter2"),
        Secret::new("hunter2"),
        Holder { password: Secret::new("hunter2") }
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn h35_masks_hide_what_identifies() {
    assert_eq!(mask_phone("+8613812345634"), "+86138******34");
    assert_eq!(mask_phone("13812345634"), "138******34");
    assert_eq!(mask_phone("12345"), "***");
    assert_eq!(mask_email("wang@example.com"), "w***@example.com");
    assert_eq!(mask_email("王@example.com"), "王***@example.com");
    assert_eq!(mask_email("@example.com"), "***");
    assert_eq!(mask_email("nothing"), "***");
    assert_eq!(mask_token("kith_sess_abcdef0123"), "kith_sess_***");
    assert_eq!(mask_token("abcdef0123"), "***");
    assert_eq!(mask_token("Secret Part_x"), "***");
}

#[test]
fn h35_a_url_never_shows_its_password() {
    for (url, shown) in [
        ("postgres://kith:hunter2@db:5432/kith?sslmode=require", "postgres://kith:***@db:5432/kith"),
        ("postgres://kith@db/kith", "postgres://kith@db/kith"),
        ("postgres://db/kith", "postgres://db/kith"),
        ("postgres://kith:hun@ter2@db/kith", "***"),
        ("postgres://kith:hunter2/x@db/kith", "***"),
        ("postgres://kith:hunter2?x@db/kith", "***"),
        ("postgres:///kith?host=/run&password=hunter2", "***"),
        ("host=db password=hunter2", "***"),
    ] {
        assert_eq!(mask_url(url), shown);
    }
}
