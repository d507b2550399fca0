use kith::kernel::money::*;

#[test]
fn h08_amounts_are_read_strictly() {
    let cny = |t| Money::parse(t, Currency::CNY);
    assert_eq!(cny("150").unwrap().minor, 15_000);
    assert_eq!(cny("150.5").unwrap().minor, 15_050);
    assert_eq!(cny("0.01").unwrap().minor, 1);
    assert_eq!(cny("1.2300").unwrap().minor, 123);
    assert_eq!(cny("-1").unwrap().positive(), Err(MoneyError::NotPositive));
    assert_eq!(cny("0").unwrap().positive(), Err(MoneyError::NotPositive));
    assert_eq!(cny("0.001"), Err(MoneyError::TooFine));
    assert_eq!(cny("9223372036854775807"), Err(MoneyError::TooLarge));
    for bad in ["", "1e3", "１００", "+1", " 1", "1 ", "1.", ".5", "1,000", "--1", "NaN", "0x10", "1.2.3"] {
        assert_eq!(cny(bad), Err(MoneyError::Malformed), "{bad:?}");
    }
    assert_eq!(Money::parse("0.1", "JPY".parse().unwrap()), Err(MoneyError::TooFine));
}

#[test]
fn h08_sums_never_wrap_or_mix() {
    let most = Money::new(i64::MAX, Currency::CNY);
    assert_eq!(most.checked_add(Money::new(1, Currency::CNY)), Err(MoneyError::TooLarge));
    assert_eq!(most.checked_mul(2), Err(MoneyError::TooLarge));
    let yen = Money::new(1, "JPY".parse().unwrap());
    assert_eq!(most.checked_add(yen), Err(MoneyError::CurrencyMismatch));
    assert_eq!(Money::new(-5, Currency::CNY).decimal(), "-0.05");
    assert_eq!(Money::new(i64::MIN, Currency::CNY).decimal(), "-92233720368547758.08");
    for (minor, text) in [(0, "0.00"), (7, "0.07"), (10, "0.10"), (100, "1.00"), (-150, "-1.50"), (123_456, "1234.56")]
    {
        assert_eq!(Money::new(minor, Currency::CNY).decimal(), text);
    }
    for (code, text) in [("JPY", "1234"), ("BHD", "1.234"), ("CLF", "0.1234")] {
        assert_eq!(Money::new(1234, code.parse().unwrap()).decimal(), text);
    }
    assert_eq!(Money::new(0, "JPY".parse().unwrap()).decimal(), "0");
}
