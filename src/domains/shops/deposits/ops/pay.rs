//! `payDeposit`: the main account pays into the deposit of its shop (requirement 2.11).

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::DepositRefusal;
use super::amount;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::payments::{self, Bill, NewPayment, Payment, Purpose};
use crate::kernel::ids::{PaymentMethodId, ShopId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Subject};
use crate::permissions::WholeShop;
use crate::permissions::catalogue::number;

/// Pays into a deposit.
#[derive(Debug, Serialize)]
pub struct PayDeposit {
    /// The shop.
    pub shop: ShopId,
    /// How much, as written.
    pub amount: WrittenAmount,
    /// With what, in the order in which methods are tried.
    pub methods: Vec<PaymentMethodId>,
}

/// The payment that began.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begun {
    /// The payment.
    pub payment: Payment,
}

impl Command for PayDeposit {
    const NAME: &'static str = "payDeposit";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Begun;
    type Refusal = DepositRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Begun, Fault<DepositRefusal>> {
        let permit = tx.permit(const { number("deposit.pay") }, Some(WholeShop(self.shop))).await?;
        let Subject::Account { id: payer } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "payment method" });
        };
        let (_, currency, state) =
            super::super::store::lock_shop(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        if state == "CLOSED" {
            return Err(Fault::Refused(DepositRefusal::Closed));
        }
        let money = amount(&self.amount, currency)?;
        let bill = Bill {
            paid: false,
            purpose: Purpose::Deposit,
            subject: Uuid::now_v7(),
            shop: self.shop,
            debtor: payer,
            // It stays the shop's own money.
            payee: None,
            stopped: None,
            amount: money,
            category: "general".to_owned(),
            title: "保证金".to_owned(),
        };
        let new = NewPayment { bill: &bill, payer, methods: &self.methods, relation: None };
        let payment = payments::start(tx, &new).await.map_err(|fault| fault.map_refusal(DepositRefusal::Payment))?;
        let detail = json!({ "amount": money.decimal(), "payment": payment.id, "state": payment.state });
        tx.record_under(&permit, &self.shop, detail);
        Ok(Begun { payment })
    }
}
