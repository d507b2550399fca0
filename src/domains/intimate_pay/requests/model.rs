//! Requests and their states. Pure.

use async_graphql::Enum;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::pay_requests;
use crate::kernel::ids::{AccountId, IntimatePayId, IntimateUseId, OrderId, PayRequestId};
use crate::kernel::{Currency, Instant, Money};

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "PayRequestState")]
pub enum State {
    /// The payer was asked.
    Pending,
    /// The payer paid it.
    Approved,
    /// The payer did not want to.
    Declined,
    /// Nobody answered in time.
    Lapsed,
}

impl State {
    /// The code of what cannot be answered any more.
    #[must_use]
    pub const fn refusal(self) -> &'static str {
        match self {
            Self::Pending => "REQUEST_PENDING",
            Self::Approved => "REQUEST_APPROVED",
            Self::Declined => "REQUEST_DECLINED",
            Self::Lapsed => "REQUEST_LAPSED",
        }
    }
}

/// A request to the payer.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = pay_requests)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct PayRequest {
    /// Who is asked.
    pub payer_account_id: AccountId,
    /// The id.
    pub id: PayRequestId,
    /// The relation.
    pub relation_id: IntimatePayId,
    /// Who asks.
    pub beneficiary_account_id: AccountId,
    /// The order.
    pub order_id: OrderId,
    /// What it is.
    pub title: String,
    /// Its category.
    pub category: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// The code of what refused it.
    pub refused: String,
    /// `PENDING`, `APPROVED`, `DECLINED` or `LAPSED`; ask [`PayRequest::state`].
    pub state: String,
    /// When it was asked.
    pub asked_at: Instant,
    /// Until when it can be answered.
    pub expires_at: Instant,
    /// When it was answered, or written down as lapsed.
    pub decided_at: Option<Instant>,
    /// The purchase that came of it.
    pub use_id: Option<IntimateUseId>,
}

impl PayRequest {
    /// Where it stands at a moment: it lapses by itself.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        match self.state.as_str() {
            "APPROVED" => State::Approved,
            "DECLINED" => State::Declined,
            "PENDING" if now < self.expires_at => State::Pending,
            _ => State::Lapsed,
        }
    }

    /// How much.
    #[must_use]
    pub fn money(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}
