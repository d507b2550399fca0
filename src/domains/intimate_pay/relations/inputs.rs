//! Terms as somebody wrote them.

use serde::Serialize;

use super::refusal::RelationRefusal;
use super::terms::{Emergency, MOST_CATEGORIES, Terms, is_category};
use crate::config;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Currency, Money};
use crate::permissions::constraints::{Hours, parse_clock_time};

/// Terms that are to be read where the currency is known.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenTerms {
    /// The most of a month.
    pub monthly_cap: WrittenAmount,
    /// The most of one payment.
    pub per_payment: Option<WrittenAmount>,
    /// Above this a payment needs a one-time code: `stepUp` by a code, the authenticator or a recovery code.
    pub step_up_above: Option<WrittenAmount>,
    /// Categories that may be bought.
    pub allowed: Vec<String>,
    /// Categories that may not.
    pub blocked: Vec<String>,
    /// From when until when.
    pub hours: Option<(String, String)>,
    /// The emergency category and its cap.
    pub emergency: Option<(String, WrittenAmount)>,
}

impl WrittenTerms {
    /// The terms, if they are such as terms may be.
    ///
    /// # Errors
    /// What is refused.
    pub fn read(&self, currency: Currency, figures: &config::IntimatePay) -> Result<Terms, RelationRefusal> {
        let amount = |which, written: &WrittenAmount| {
            let read = written.read(currency).and_then(Money::positive);
            read.map(|money| money.minor).map_err(|error| RelationRefusal::Amount(which, error))
        };
        let monthly_cap = amount("monthlyCap", &self.monthly_cap)?;
        let whole = |units: u32| i64::from(units).saturating_mul(10_i64.saturating_pow(currency.exponent()));
        let (least, most) = (whole(figures.least_cap), whole(figures.most_cap));
        if !(least..=most).contains(&monthly_cap) {
            let money = |minor| Money::new(minor, currency);
            return Err(RelationRefusal::CapOutOfRange { least: money(least), most: money(most) });
        }
        let hours = self.hours.as_ref().map(|(from, until)| read_hours(from, until)).transpose()?;
        let emergency = match &self.emergency {
            None => None,
            Some((category, _)) if !is_category(category) => return Err(RelationRefusal::CategoryInvalid("emergency")),
            Some((category, cap)) => {
                let cap = amount("emergency.cap", cap)?;
                if cap > most {
                    let money = |minor| Money::new(minor, currency);
                    return Err(RelationRefusal::CapOutOfRange { least: money(1), most: money(most) });
                }
                Some(Emergency { category: category.clone(), cap })
            }
        };
        Ok(Terms {
            monthly_cap,
            per_payment: self.per_payment.as_ref().map(|written| amount("perPayment", written)).transpose()?,
            step_up_above: self.step_up_above.as_ref().map(|written| amount("stepUpAbove", written)).transpose()?,
            allowed: categories("allowedCategories", &self.allowed)?,
            blocked: categories("blockedCategories", &self.blocked)?,
            hours,
            emergency,
        })
    }
}

fn read_hours(from: &str, until: &str) -> Result<Hours, RelationRefusal> {
    let hours = parse_clock_time(from).zip(parse_clock_time(until)).map(|(from, until)| Hours { from, until });
    hours.filter(|hours| hours.from < 1440 && hours.from != hours.until).ok_or(RelationRefusal::HoursInvalid)
}

/// The categories of a list, in order and each once.
fn categories(which: &'static str, list: &[String]) -> Result<Vec<String>, RelationRefusal> {
    if list.len() > MOST_CATEGORIES || !list.iter().all(|category| is_category(category)) {
        return Err(RelationRefusal::CategoryInvalid(which));
    }
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    Ok(list)
}
