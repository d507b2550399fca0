use kith::kernel::text::*;

#[test]
fn h39_odd_and_huge_headers_fall_back() {
    for (header, wanted) in [
        (Some("zh-CN,zh;q=0.9,en;q=0.8"), Locale::ZhCn),
        (Some("en-GB, zh;q=0.5"), Locale::En),
        (Some("fr, zh-TW;q=0.3"), Locale::ZhCn),
        (Some("zh;q=0, en;q=0.1"), Locale::En),
        (Some("zh;q=banana"), Locale::En),
        (Some(";;;,,,=;q=,"), Locale::En),
        (Some(""), Locale::En),
        (None, Locale::En),
    ] {
        assert_eq!(Locale::negotiate(header), wanted, "{header:?}");
    }
    assert_eq!(Locale::negotiate(Some(&"zh,".repeat(10_000))), Locale::En);
}
