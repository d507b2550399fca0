//! The monthly bill of a relation (requirement 0.11): sums, and the month as CSV. Pure.

use chrono::{Datelike as _, NaiveDate};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

use super::model::IntimateUse;
use crate::kernel::ids::{AccountId, IntimatePayId};
use crate::kernel::{Currency, Money};

/// What a category took of a month.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Share {
    /// The category.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// How many purchases.
    #[diesel(sql_type = BigInt)]
    pub purchases: i64,
    /// What was paid or is under way, in minor units.
    #[diesel(sql_type = BigInt)]
    pub spent: i64,
    /// What came back of it.
    #[diesel(sql_type = BigInt)]
    pub given_back: i64,
}

/// A month of a relation. The purchases themselves are read when they are wanted, however many there are.
#[derive(Debug, Clone)]
pub struct MonthlyBill {
    /// The relation, by its payer and its id.
    pub relation: (AccountId, IntimatePayId),
    /// Its first day.
    pub month: NaiveDate,
    /// The currency.
    pub currency: Currency,
    /// By category, the largest first.
    pub shares: Vec<Share>,
}

/// The first line of [`MonthlyBill`] as CSV (RFC 4180).
pub const CSV_HEAD: &str = "purchase,at,title,category,order,state,counted,amount,given_back,currency\r\n";

impl MonthlyBill {
    /// An amount of the bill.
    #[must_use]
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// What was paid or is under way.
    #[must_use]
    pub fn spent(&self) -> Money {
        self.money(self.shares.iter().fold(0, |sum, share| share.spent.saturating_add(sum)))
    }

    /// What came back.
    #[must_use]
    pub fn given_back(&self) -> Money {
        self.money(self.shares.iter().fold(0, |sum, share| share.given_back.saturating_add(sum)))
    }

    /// What is left of what was paid when what came back is taken off.
    #[must_use]
    pub fn net(&self) -> Money {
        self.money(self.spent().minor.saturating_sub(self.given_back().minor))
    }

    /// The month as people write it: `2026-11`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:04}-{:02}", self.month.year(), self.month.month())
    }
}

/// A purchase as a line of CSV, in UTC.
#[must_use]
pub fn csv_line(used: &IntimateUse) -> String {
    let at = used.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!(
        "{},{at},{},{},{},{},{},{},{},{}\r\n",
        used.id,
        cell(&used.title),
        cell(&used.category),
        used.order_id,
        used.state,
        used.counted,
        used.money().decimal(),
        used.given_back().decimal(),
        used.currency,
    )
}

/// A cell of CSV. One that a spreadsheet would take for a formula is shown as text: titles are a seller's words.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Reads a month as people write it: `2026-11`.
#[must_use]
pub fn parse_month(text: &str) -> Option<NaiveDate> {
    let (year, month) = text.split_once('-')?;
    let digits = |text: &str, many: usize| text.len() == many && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
}
