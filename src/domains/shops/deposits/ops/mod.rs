//! What can be done with deposits.

pub mod close;
pub mod compensate;
pub mod pay;
pub mod violation;

use serde_json::json;

use super::model::{DepositRefusal, Standing};
use super::store;
use crate::command::{Event, Tx};
use crate::kernel::ids::ShopId;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Currency, Fault, Money};

/// Reads an amount above zero in a currency.
fn amount(written: &WrittenAmount, currency: Currency) -> Result<Money, Fault<DepositRefusal>> {
    let read = written.read(currency).and_then(Money::positive);
    read.map_err(|error| Fault::Refused(DepositRefusal::Amount(error)))
}

/// Tells the shop how its deposit stands after it was moved (requirement 2.12).
async fn tell(
    tx: &mut Tx<'_>,
    topic: &'static str,
    shop: ShopId,
    moved: Money,
) -> Result<Standing, diesel::result::Error> {
    let standing = store::standing(tx.conn, shop, moved.currency).await?;
    tx.emit(Event {
        topic,
        shop: Some(shop),
        payload: json!({
            "shop": shop, "amount": moved.decimal(), "currency": moved.currency,
            "missing": (standing.missing().minor > 0).then(|| standing.missing().decimal()),
        }),
    });
    Ok(standing)
}
