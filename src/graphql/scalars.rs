//! The scalars and the small objects that every domain uses.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::SecondsFormat;

use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{self, Currency, Instant};

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

/// An amount of money.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = super::directives::inherits::apply())]
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
