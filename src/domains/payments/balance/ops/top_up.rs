//! `topUpBalance`: money from nowhere, where `payments.play_money` says that there is such a thing.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::balance::store;
use crate::domains::payments::error::PaymentRefusal;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::payments::methods::ops::own_account;
use crate::kernel::ids::TypedId;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Currency, Fault, Money};

/// The most that is put on a balance at a time, in whole units of the currency.
const MOST: i64 = 1_000_000;

/// Puts money on the balance of whoever asks.
#[derive(Debug, Serialize)]
pub struct TopUp {
    /// How much, as written.
    pub amount: WrittenAmount,
}

/// What the balance is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct ToppedUp {
    /// In minor units.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Command for TopUp {
    const NAME: &'static str = "topUpBalance";
    const KEY: KeyRule = KeyRule::Required;
    type Output = ToppedUp;
    type Refusal = PaymentRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<ToppedUp, Fault<PaymentRefusal>> {
        let account = own_account(tx)?;
        if !tx.env.payments.play_money {
            return Err(Fault::Refused(PaymentRefusal::TopUpOff));
        }
        let currency = self.amount.currency.unwrap_or(Currency::CNY);
        let amount = self.amount.read(currency).and_then(Money::positive);
        let amount = amount.map_err(|error| Fault::Refused(PaymentRefusal::Amount(error)))?;
        let most = Money::new(MOST * 10_i64.pow(currency.exponent()), currency);
        if amount.minor > most.minor {
            return Err(Fault::Refused(PaymentRefusal::TopUpTooMuch { most }));
        }
        let outside = ledger::account(tx.conn, account.uuid(), AccountKind::Outside, currency).await?;
        let balance = ledger::account(tx.conn, account.uuid(), AccountKind::Balance, currency).await?;
        let reference = Uuid::now_v7();
        let movement = Movement::new(account, EntryKind::TopUp, reference, outside, balance, amount, tx.now);
        match ledger::post(tx, &movement).await {
            Err(diesel::result::Error::DatabaseError(_, info)) if info.constraint_name() == Some(ledger::FULL) => {
                return Err(Fault::Refused(PaymentRefusal::BalanceFull));
            }
            posted => posted?,
        }
        let held = store::held(tx.conn, account.uuid(), AccountKind::Balance, currency).await?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: account.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "amount": amount.decimal(), "currency": currency }),
        });
        Ok(ToppedUp { minor: held.map_or(0, |(_, money)| money.minor), currency })
    }
}
