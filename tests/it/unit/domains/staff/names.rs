use kith::domains::staff::names::*;
use kith::kernel::names::Hidden;

#[test]
fn r4_11_names_are_read_strictly() {
    for (name, kept) in [("xiaoli", "xiaoli"), ("小丽-01", "小丽-01"), ("Ｘiao_Li", "Xiao_Li"), ("Zoë", "Zoë")] {
        assert_eq!(read(name).as_deref(), Ok(kept), "{name}");
    }
    let long = "丽".repeat(50_000);
    for (name, wanted) in [
        ("x", BadName::TooShort),
        ("", BadName::TooShort),
        (long.as_str(), BadName::TooLong),
        ("ﷺﷺ", BadName::Character),
        ("aurora:li", BadName::Colon),
        ("aurora：li", BadName::FullWidthColon),
        ("tab\tli", BadName::Hidden(Hidden::Control)),
        ("\u{202e}li", BadName::Hidden(Hidden::Bidi)),
        ("xiao\u{200b}li", BadName::Hidden(Hidden::Invisible)),
        ("xiao li", BadName::Character),
        ("xi\u{430}oli", BadName::Character),
        ("li@shop", BadName::Character),
        ("😀😀", BadName::Character),
    ] {
        assert_eq!(read(name), Err(wanted), "{name:.20}");
    }
}

#[test]
fn what_is_shown_is_printable() {
    assert_eq!(read_label("  Xiao Li (night shift) ").as_deref(), Ok("Xiao Li (night shift)"));
    assert_eq!(read_label(" \u{3000} "), Err(BadName::Blank));
    assert_eq!(read_label("a\u{7}"), Err(BadName::Hidden(Hidden::Control)));
    assert_eq!(read_label(&"x".repeat(41)), Err(BadName::TooLong));
}
