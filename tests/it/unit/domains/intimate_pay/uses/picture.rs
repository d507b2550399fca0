use kith::domains::intimate_pay::uses::bill::{MonthlyBill, Share};
use kith::domains::intimate_pay::uses::picture::*;
use kith::kernel::Currency;
use kith::kernel::ids::{AccountId, IntimatePayId};

fn bill(shares: &[(&str, i64)]) -> MonthlyBill {
    let share = |(category, spent): &(&str, i64)| Share {
        category: (*category).to_owned(),
        purchases: 1,
        spent: *spent,
        given_back: 0,
    };
    MonthlyBill {
        relation: (AccountId::generate(), IntimatePayId::generate()),
        month: chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap_or_default(),
        currency: Currency::CNY,
        shares: shares.iter().map(share).collect(),
    }
}

#[test]
fn r0_11_the_picture_has_a_bar_for_each_category_and_no_markup_of_others() {
    let picture = svg(&bill(&[("books", 10_000), ("<script>", 5_000)]));
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"));
    assert!(picture.contains("width=\"338\"") && picture.contains("width=\"169\""), "half is half: {picture}");
    assert!(picture.contains("&lt;script&gt;") && !picture.contains("<script>"), "{picture}");
    assert!(picture.contains("¥150.00") && picture.contains("2026-11"));
    assert!(svg(&bill(&[])).contains('—'));
    // What came back is taken off above as below, and a category of which everything came back stands last.
    let mut returned = bill(&[("books", 10_000), ("games", 5_000)]);
    returned.shares[0].given_back = 10_000;
    let picture = svg(&returned);
    assert_eq!(picture.matches("¥50.00").count(), 3, "title, headline and bar: {picture}");
    assert!(!picture.contains("¥150.00") && picture.find("games") < picture.find("books"), "{picture}");
    let many: Vec<(String, i64)> = (0..30).map(|n| (format!("c{n}"), 100 + n)).collect();
    let many: Vec<(&str, i64)> = many.iter().map(|(name, spent)| (name.as_str(), *spent)).collect();
    assert_eq!(svg(&bill(&many)).matches("rx=\"3\"").count(), MOST_BARS);
}
