use kith::domains::accounts::account::model::*;

#[test]
fn names_are_read_strictly() {
    for good in ["aurora", "li.lei_88", "极光旗舰店"] {
        assert!(is_login(good), "{good}");
    }
    let long = "a".repeat(50_000);
    for bad in ["", "ab", "a:b", "a：b", "a b", "tab\t1", "nul\0l", "zero\u{200b}width", "13812345634", long.as_str()]
    {
        assert!(!is_login(bad), "{bad:.20}");
    }
    assert!(!is_display_name("   ") && !is_display_name("a\u{7}") && !is_display_name(&long));
}
