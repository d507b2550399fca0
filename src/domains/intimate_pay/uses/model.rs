//! What a use of a relation is. Pure.

use async_graphql::Enum;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::intimate_uses;
use crate::domains::intimate_pay::relations::model::{EMERGENCY, counter_of};
use crate::kernel::ids::{AccountId, IntimatePayId, IntimateUseId, OrderId, PaymentId, ShopId};
use crate::kernel::{Currency, Instant, Money};
use crate::permissions::quota::Counter;

/// Where a purchase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "IntimatePurchaseState")]
pub enum State {
    /// The payment is under way at the gateway.
    Pending,
    /// It is paid.
    Paid,
    /// No method could pay: nothing was bought, and the quota is back.
    Failed,
}

/// What a purchase was counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(name = "IntimatePurchaseKind")]
pub enum Counted {
    /// The month's cap.
    Month,
    /// The emergency amount of the month.
    Emergency,
    /// Nothing: the payer approved it.
    Request,
}

impl Counted {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Month => "MONTH",
            Self::Emergency => "EMERGENCY",
            Self::Request => "REQUEST",
        }
    }

    /// Reads what [`Counted::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "EMERGENCY" => Self::Emergency,
            "REQUEST" => Self::Request,
            _ => Self::Month,
        }
    }
}

/// One use of a relation.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = intimate_uses)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct IntimateUse {
    /// Whose money it is.
    pub payer_account_id: AccountId,
    /// The id.
    pub id: IntimateUseId,
    /// The relation.
    pub relation_id: IntimatePayId,
    /// Its place among the uses of the relation, from 1 and without gaps.
    pub seq: i64,
    /// Who bought.
    pub beneficiary_account_id: AccountId,
    /// The payment.
    pub payment_id: PaymentId,
    /// What was bought with it.
    pub order_id: OrderId,
    /// Where.
    pub shop_id: ShopId,
    /// What it was called.
    pub title: String,
    /// Its category.
    pub category: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// What came back of it; never more.
    pub given_back_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// See [`Counted`].
    pub counted: String,
    /// The first day of the month that it counts in.
    pub month: NaiveDate,
    /// `PENDING`, `PAID` or `FAILED`.
    pub state: String,
    /// When.
    pub at: Instant,
    /// The transaction that changed it last: the database writes it, and who listens orders changes by it.
    #[serde(default)]
    pub changed: i64,
}

impl IntimateUse {
    /// How much.
    #[must_use]
    pub fn money(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What came back.
    #[must_use]
    pub fn given_back(&self) -> Money {
        Money::new(self.given_back_minor, self.currency)
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.as_str() {
            "PAID" => State::Paid,
            "FAILED" => State::Failed,
            _ => State::Pending,
        }
    }

    /// What it was counted against.
    #[must_use]
    pub fn counted(&self) -> Counted {
        Counted::parse(&self.counted)
    }

    /// Under what it was counted; nothing when the payer approved it.
    #[must_use]
    pub fn counter(&self) -> Option<Counter> {
        let counter = counter_of(self.payer_account_id, self.beneficiary_account_id);
        match self.counted() {
            Counted::Month => Some(counter),
            Counted::Emergency => Some(counter.named(EMERGENCY)),
            Counted::Request => None,
        }
    }
}
