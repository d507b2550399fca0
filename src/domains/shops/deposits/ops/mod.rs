//! What can be done with deposits.

pub mod close;
pub mod compensate;
pub mod pay;
pub mod violation;

use super::model::DepositRefusal;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Currency, Fault, Money};

/// Reads an amount above zero in a currency.
fn amount(written: &WrittenAmount, currency: Currency) -> Result<Money, Fault<DepositRefusal>> {
    let read = written.read(currency).and_then(Money::positive);
    read.map_err(|error| Fault::Refused(DepositRefusal::Amount(error)))
}
