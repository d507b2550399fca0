use chrono::NaiveDate;

use kith::domains::intimate_pay::uses::bill::*;

#[test]
fn r0_11_cells_are_no_formulas_and_keep_their_commas() {
    assert_eq!(cell("Lamp"), "Lamp");
    assert_eq!(cell("Lamp, \"big\""), "\"Lamp, \"\"big\"\"\"");
    assert_eq!(cell("=1+1"), "'=1+1");
}

#[test]
fn months_are_read_strictly() {
    assert_eq!(parse_month("2028-02"), NaiveDate::from_ymd_opt(2028, 2, 1));
    for bad in ["", "2028", "2028-2", "2028-13", "２０28-02", "2028-02-01", "-028-02"] {
        assert_eq!(parse_month(bad), None, "{bad}");
    }
}
