use kith::domains::intimate_pay::passwords::model::*;

#[test]
fn r0_6_what_everybody_tries_first_is_none() {
    for bad in ["", "12345", "123456", "654321", "000000", "aaaaaaa", "abcdef"] {
        assert!(!is_good(bad), "{bad}");
    }
    for good in ["135790", "112233", "correct horse", "密码不是一二三"] {
        assert!(is_good(good), "{good}");
    }
    assert!(!is_good(&"ab".repeat(200)));
}
