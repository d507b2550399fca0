//! `withdrawFunds`: from the shop's balance to that of its main account. The permit counts it against the grant's limits.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Event, KeyRule, Tx};
use crate::domains::payments::balance::store as balances;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::deposits::store as deposits;
use crate::domains::shops::events;
use crate::domains::shops::shop::store as shops;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{LedgerEntryId, ShopId, TypedId};
use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{Fault, Money, Text};
use crate::permissions::catalogue::number;
use crate::permissions::{Permit, ShopAmount};

/// Moves a shop's money to its main account.
#[derive(Debug, Serialize)]
pub struct WithdrawFunds {
    /// The shop.
    pub shop: ShopId,
    /// How much, as written.
    pub amount: WrittenAmount,
}

/// What is left.
#[derive(Debug, Serialize, Deserialize)]
pub struct Withdrawn {
    /// What the shop's balance holds now.
    pub left: Money,
}

/// Why nothing is moved.
#[derive(Debug)]
pub enum WithdrawRefusal {
    /// The amount is refused.
    Amount(MoneyError),
    /// The shop's balance holds less.
    TooLow,
    /// The grant wants a second approver, which withdrawals do not have.
    SecondApprover,
    /// The main account's balance would be more than a balance can be.
    Full,
}

impl Refusal for WithdrawRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Amount(_) => "INVALID_AMOUNT",
            Self::TooLow => "SHOP_BALANCE_TOO_LOW",
            Self::SecondApprover => "SECOND_APPROVER_NEEDED",
            Self::Full => "BALANCE_FULL",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["amount"]
    }

    fn message(&self) -> Text {
        match self {
            Self::Amount(error) => error.text(),
            Self::TooLow => Text::new(
                "The shop's balance holds less; what waits in escrow cannot be withdrawn yet. See shop.funds.",
                "店铺余额不足,待结算的货款暂不能提现,详见 shop.funds。",
            ),
            Self::SecondApprover => Text::new(
                "Your grant wants a second approver for this amount. Ask somebody with a higher limit.",
                "该金额需要二次审批,请由额度更高的人员操作。",
            ),
            Self::Full => Text::new(
                "The main account's balance cannot hold that much more. Withdraw less.",
                "主账号余额已达上限,请减少提现金额。",
            ),
        }
    }
}

impl Command for WithdrawFunds {
    const NAME: &'static str = "withdrawFunds";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Withdrawn;
    type Refusal = WithdrawRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Withdrawn, Fault<WithdrawRefusal>> {
        // Whoever has no seat in the shop learns nothing of it; the permit answers for the others.
        let currency = shops::currency(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        tx.actor()?.seat(self.shop).ok_or(Fault::NotFound { what: "shop" })?;
        let amount = self.amount.read(currency).and_then(Money::positive);
        let amount = amount.map_err(|error| Fault::Refused(WithdrawRefusal::Amount(error)))?;
        let wanted = Some(ShopAmount { shop: self.shop, amount });
        let permit: Permit<_> = tx.permit(const { number("funds.withdraw") }, wanted).await?;
        if permit.obligations.second_approver {
            return Err(Fault::Refused(WithdrawRefusal::SecondApprover));
        }
        let shop = deposits::lock_shop(tx.conn, self.shop).await?;
        let (owner, ..) = shop.ok_or(Fault::NotFound { what: "shop" })?;
        let from = ledger::account(tx.conn, self.shop.uuid(), AccountKind::Balance, currency).await?;
        let to = ledger::account(tx.conn, owner.uuid(), AccountKind::Balance, currency).await?;
        let reference = LedgerEntryId::generate();
        let movement = Movement::new(self.shop, EntryKind::FundsWithdrawn, reference, from, to, amount, tx.now);
        match ledger::try_post(tx, &movement).await {
            Err(diesel::result::Error::DatabaseError(_, info)) if info.constraint_name() == Some(ledger::FULL) => {
                return Err(Fault::Refused(WithdrawRefusal::Full));
            }
            Ok(false) => return Err(Fault::Refused(WithdrawRefusal::TooLow)),
            moved => moved?,
        };
        let held = balances::held(tx.conn, self.shop.uuid(), AccountKind::Balance, currency).await?;
        let left = held.map_or(Money::new(0, currency), |(_, held)| held);
        tx.record_under(&permit, &self.shop, json!({ "amount": amount.decimal(), "left": left.decimal() }));
        tx.emit(Event {
            topic: events::FUNDS_WITHDRAWN,
            shop: Some(self.shop),
            payload: json!({ "shop": self.shop, "amount": amount.decimal(), "currency": currency }),
        });
        Ok(Withdrawn { left })
    }
}
