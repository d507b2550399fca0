//! Money: an integer of minor units and a currency. Nothing here rounds, wraps or mixes currencies.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency. Stored as its three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Renminbi, the currency of a shop unless it says otherwise.
    pub const CNY: Self = Self(iso_currency::Currency::CNY);

    /// The three-letter code.
    #[must_use]
    pub fn numeric(self) -> u16 {
        self.0.numeric()
    }

    /// The letters of ISO 4217.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits stand after the decimal point.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(text).map(Self).ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromSql<sql_types::Text, Pg> for Currency {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            // Nearly all of them: looking through two hundred codes takes longer than all else that is done with an amount.
            b"CNY" => Ok(Self::CNY),
            other => Ok(std::str::from_utf8(other)?.parse()?),
        }
    }
}

impl ToSql<sql_types::Text, Pg> for Currency {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<sql_types::Text, Pg>>::to_sql(self.0.code(), out)
    }
}

/// Why an amount is refused (h08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most one point: `1e3`, `１００`, `+1`, spaces.
    #[error("an amount is written in digits with a decimal point, such as 150.00")]
    Malformed,
    /// More digits after the point than the currency has.
    #[error("the currency has no such small unit")]
    TooFine,
    /// Does not fit 64 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Zero or below where something must be moved.
    #[error("the amount must be above zero")]
    NotPositive,
    /// Two currencies in one sum.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    /// Not an ISO 4217 code.
    #[error("not an ISO 4217 currency code")]
    UnknownCurrency,
}

impl MoneyError {
    /// What is wrong and what to do.
    #[must_use]
    pub fn text(self) -> super::Text {
        use super::Text;
        match self {
            Self::Malformed => Text::new(
                "Write the amount in digits with a decimal point, such as 150.00.",
                "金额请使用数字和小数点,例如 150.00。",
            ),
            Self::TooFine => {
                Text::new("The amount has more decimals than the currency.", "金额的小数位超过该币种的最小单位。")
            }
            Self::TooLarge => Text::new("The amount is too large.", "金额过大。"),
            Self::NotPositive => Text::new("The amount must be above zero.", "金额必须大于零。"),
            Self::CurrencyMismatch => Text::new("The currency must be the shop's own.", "币种必须与店铺一致。"),
            Self::UnknownCurrency => Text::new("Not an ISO 4217 currency code.", "不是有效的 ISO 4217 币种代码。"),
        }
    }
}

/// An amount as somebody wrote it, to be read where the currency is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenAmount {
    /// The digits.
    pub amount: String,
    /// The currency, if one was said.
    pub currency: Option<Currency>,
}

impl WrittenAmount {
    /// The amount in `currency`; another currency is refused.
    ///
    /// # Errors
    /// Why it is refused (h08).
    pub fn read(&self, currency: Currency) -> Result<Money, MoneyError> {
        if self.currency.is_some_and(|said| said != currency) {
            return Err(MoneyError::CurrencyMismatch);
        }
        Money::parse(&self.amount, currency)
    }
}

/// An amount of money: minor units (fen, cents) and their currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: ¥1.50 is 150.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal text such as `150.00`, strictly.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`], [`MoneyError::TooFine`] or [`MoneyError::TooLarge`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || fraction.is_some_and(|f| !all_digits(f)) {
            return Err(MoneyError::Malformed);
        }
        let exponent = usize::try_from(currency.exponent()).unwrap_or(0);
        let fraction = fraction.unwrap_or("");
        if fraction.len() > exponent && fraction[exponent..].bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooFine);
        }
        let mut minor: i64 = 0;
        let fraction_digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(exponent);
        for byte in whole.bytes().chain(fraction_digits) {
            minor = minor
                .checked_mul(10)
                .and_then(|m| m.checked_add(i64::from(byte - b'0')))
                .ok_or(MoneyError::TooLarge)?;
        }
        Ok(Self::new(if negative { -minor } else { minor }, currency))
    }

    /// The same amount if it is above zero.
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`].
    pub fn positive(self) -> Result<Self, MoneyError> {
        if self.minor > 0 { Ok(self) } else { Err(MoneyError::NotPositive) }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(minor, self.currency))
    }

    /// `count` times the amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(count).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The amount as a decimal text with all digits of the currency, e.g. `150.00`.
    #[must_use]
    pub fn decimal(self) -> String {
        let exponent = usize::try_from(self.currency.exponent()).unwrap_or(2);
        // From the last digit to the first: at least one stands before the point.
        let (mut digits, mut at, mut rest) = ([0_u8; 40], 40, self.minor.unsigned_abs());
        let mut written = 0;
        while rest > 0 || written <= exponent {
            if written == exponent && exponent > 0 {
                at -= 1;
                digits[at] = b'.';
            }
            at -= 1;
            digits[at] = b'0' + (rest % 10).to_le_bytes()[0];
            rest /= 10;
            written += 1;
        }
        if self.minor < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        digits[at..].iter().copied().map(char::from).collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.currency == Currency::CNY {
            write!(f, "¥{}", self.decimal())
        } else {
            write!(f, "{} {}", self.currency, self.decimal())
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
