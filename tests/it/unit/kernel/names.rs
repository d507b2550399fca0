use kith::kernel::names::*;

#[test]
fn names_that_look_alike_are_the_same() {
    assert_eq!(fold("ＸiaoLI"), "xiaoli");
    assert_eq!(fold("K\u{212a}"), "kk", "the Kelvin sign is a K");
    assert_ne!(fold("xiaoli"), fold("xiao1i"));
    assert_eq!(fold(&fold("ÀÉ")), fold("ÀÉ"));
}

#[test]
fn hidden_characters_are_found() {
    for (text, wanted) in [
        ("a\tb", Some(Hidden::Control)),
        ("a\0", Some(Hidden::Control)),
        ("a\u{2028}b", Some(Hidden::Control)),
        ("\u{202e}lives", Some(Hidden::Bidi)),
        ("a\u{200b}b", Some(Hidden::Invisible)),
        ("\u{feff}a", Some(Hidden::Invisible)),
        ("a\u{e0061}", Some(Hidden::Invisible)),
        ("小丽-01_A", None),
    ] {
        assert_eq!(hidden(text), wanted, "{text:?}");
    }
}
