//! The scalars and the small objects that every domain uses.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::{Datelike, SecondsFormat, Timelike};
use kith_macros::guarded;

use crate::graphql::shown::text;
use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{self, Currency, Instant};
use crate::shown_leaf;

/// An exact decimal number, written as a string with a point: `"150.00"`. Never a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

/// An exact decimal number, written as a string with a point: `"150.00"`. Never a float.
#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            // Whole numbers are exact as well, and what people type first.
            Value::Number(number) if number.is_i64() => Ok(Self(number.to_string())),
            Value::Number(_) => Err(InputValueError::custom("Write decimals as strings: \"150.50\".")),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Any JSON value, as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value, as it is.
#[Scalar(name = "JSON")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(|_| InputValueError::custom("Give a JSON value."))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// An ISO 4217 currency code, such as `CNY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyCode(pub Currency);

/// An ISO 4217 currency code, such as `CNY`.
#[Scalar]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => {
                Ok(Self(text.parse().map_err(|e: MoneyError| InputValueError::custom(e.to_string()))?))
            }
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

/// A moment in RFC 3339, such as `2026-11-22T09:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub Instant);

/// A moment in RFC 3339, such as `2026-11-22T09:00:00Z`.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(&text)
                .map(|at| Self(at.to_utc()))
                .map_err(|_| InputValueError::custom("Write moments in RFC 3339: 2026-11-22T09:00:00Z.")),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

shown_leaf! {
    Decimal: |value, json| text(&value.0, json);
    CurrencyCode: |value, json| text(value.0.code(), json);
    DateTime: |value, json| moment(value.0, json);
}

/// Writes a moment as chrono does, which takes five times as long.
pub fn moment(at: Instant, json: &mut Vec<u8>) {
    let Some(year) = u32::try_from(at.year()).ok().filter(|year| *year <= 9999) else {
        return text(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true), json);
    };
    json.push(b'"');
    for (number, width, after) in
        [(year, 4, b'-'), (at.month(), 2, b'-'), (at.day(), 2, b'T'), (at.hour(), 2, b':'), (at.minute(), 2, b':')]
    {
        padded(number, width, json);
        json.push(after);
    }
    // A leap second stands in the fraction.
    let (second, fraction) = match at.nanosecond() {
        leap @ 1_000_000_000.. => (at.second() + 1, leap - 1_000_000_000),
        fraction => (at.second(), fraction),
    };
    padded(second, 2, json);
    let (fraction, width) = match fraction {
        0 => (0, 0),
        f if f.is_multiple_of(1_000_000) => (f / 1_000_000, 3),
        f if f.is_multiple_of(1_000) => (f / 1_000, 6),
        f => (f, 9),
    };
    if width > 0 {
        json.push(b'.');
        padded(fraction, width, json);
    }
    json.extend_from_slice(b"Z\"");
}

fn padded(mut number: u32, width: usize, json: &mut Vec<u8>) {
    let begin = json.len();
    json.resize(begin + width, b'0');
    for digit in json[begin..].iter_mut().rev() {
        *digit += (number % 10).to_le_bytes()[0];
        number /= 10;
    }
}

/// An amount of money.
#[guarded(inherits)]
#[derive(Debug, Clone, SimpleObject)]
pub struct Money {
    /// The amount, with all digits of the currency.
    pub amount: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        Self { amount: Decimal(money.decimal()), currency: CurrencyCode(money.currency) }
    }
}

/// An amount of money, as input.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// The amount: digits, with a point if needed.
    pub amount: Decimal,
    /// The currency; the shop's own when it is left out.
    pub currency: Option<CurrencyCode>,
}

impl From<MoneyInput> for WrittenAmount {
    fn from(input: MoneyInput) -> Self {
        Self { amount: input.amount.0, currency: input.currency.map(|c| c.0) }
    }
}
