//! A picture of the month by category, as SVG (requirement 0.11): a bar for each with its amount, what came back taken off, as in
//! the headline. Pure.

use std::fmt::Write as _;

use super::bill::MonthlyBill;

/// Bars of one picture; what is more stands together in the last.
pub const MOST_BARS: usize = 10;
const WIDTH: i64 = 640;
const LABEL: i64 = 150;
const AMOUNT: i64 = 120;
const ROW: i64 = 32;
const TOP: i64 = 56;
/// Told apart also by those who see no red or green (Okabe and Ito).
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999"];

/// The picture. Texts in it are escaped; it refers to nothing outside.
#[must_use]
pub fn svg(bill: &MonthlyBill) -> String {
    let mut bars: Vec<(String, i64)> =
        bill.shares.iter().map(|share| (share.category.clone(), share.spent - share.given_back)).collect();
    // Shares stand by what was spent; the largest bar comes first.
    bars.sort_by_key(|(_, net)| std::cmp::Reverse(*net));
    if bars.len() > MOST_BARS {
        let rest = bars.split_off(MOST_BARS - 1).iter().fold(0_i64, |sum, (_, net)| sum.saturating_add(*net));
        bars.push(("…".to_owned(), rest));
    }
    let most = bars.iter().map(|(_, net)| *net).max().unwrap_or(0).max(1);
    let rows = i64::try_from(bars.len()).unwrap_or(0);
    let height = TOP + ROW * rows.max(1) + 16;
    let (name, net) = (bill.name(), escaped(&bill.net().to_string()));
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"14\"><title>{name}: {net}</title>\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\
         <text x=\"16\" y=\"32\" font-size=\"18\" fill=\"#222222\">{name} · {net}</text>",
    );
    if bars.is_empty() {
        let _ = write!(svg, "<text x=\"16\" y=\"{}\" fill=\"#666666\">—</text>", TOP + 21);
    }
    for (place, (category, net)) in bars.iter().enumerate() {
        let y = TOP + ROW * i64::try_from(place).unwrap_or(0);
        let room = i128::from(WIDTH - LABEL - AMOUNT - 32);
        let length = i64::try_from(room * i128::from((*net).max(0)) / i128::from(most)).unwrap_or(0);
        let _ = write!(
            svg,
            "<text x=\"16\" y=\"{}\" fill=\"#222222\">{}</text><rect x=\"{LABEL}\" y=\"{}\" width=\"{length}\" \
             height=\"20\" rx=\"3\" fill=\"{}\"/><text x=\"{}\" y=\"{}\" fill=\"#222222\">{}</text>",
            y + 21,
            escaped(category),
            y + 6,
            COLOURS[place % COLOURS.len()],
            LABEL + length + 8,
            y + 21,
            escaped(&bill.money(*net).to_string()),
        );
    }
    svg.push_str("</svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
        out
    })
}
