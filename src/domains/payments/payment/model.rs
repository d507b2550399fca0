//! Payments and their states. Pure.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::schema::payments;
use crate::domains::payments::hooks::Purpose;
use crate::domains::payments::methods::model::{Method, MethodKind};
use crate::kernel::ids::{AccountId, LedgerEntryId, OrderId, PaymentId, PaymentMethodId, ShopId, TypedId};
use crate::kernel::{Currency, Instant, Money};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// The gateway is asked.
    Pending,
    /// The money moved.
    Captured,
    /// No method could pay.
    Failed,
}

impl PaymentState {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Captured => "CAPTURED",
            Self::Failed => "FAILED",
        }
    }
}

/// A payment of a bill.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = payments)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Payment {
    /// Who pays.
    pub payer_account_id: AccountId,
    /// The id.
    pub id: PaymentId,
    /// See [`Purpose`].
    pub purpose: String,
    /// The key of what is paid: that of the order.
    pub subject: Uuid,
    /// The shop that gets the money.
    pub shop_id: ShopId,
    /// The relation of intimate pay that it is paid under.
    pub relation_id: Option<Uuid>,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// What went back of it; never more.
    pub refunded_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// See [`PaymentState`].
    pub state: String,
    /// The methods, in the payer's order.
    pub methods: Vec<PaymentMethodId>,
    /// The place of the one that paid, or is being tried, from 1.
    pub attempt: i32,
    /// That one.
    pub method_id: PaymentMethodId,
    /// Its kind.
    pub method_kind: String,
    /// What is to be asked of the gateway next: `AUTHORISE`, `CAPTURE` or `NONE`.
    pub step: String,
    /// The gateway's name for what it holds or took.
    pub reference: Option<String>,
    /// Why the method before this one, or the last one, did not pay.
    pub failure: Option<String>,
    /// The movement of the money.
    pub ledger_entry_id: Option<LedgerEntryId>,
    /// How often the gateway was asked at this step.
    pub tries: i32,
    /// Whether a try may have reached the gateway of which nothing is known.
    pub uncertain: bool,
    /// When it is due to be asked.
    pub available_at: Instant,
    /// When it began.
    pub created_at: Instant,
    /// When it was captured or failed.
    pub settled_at: Option<Instant>,
}

impl Payment {
    /// How much.
    #[must_use]
    pub fn money(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What went back.
    #[must_use]
    pub fn refunded(&self) -> Money {
        Money::new(self.refunded_minor, self.currency)
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> PaymentState {
        match self.state.as_str() {
            "CAPTURED" => PaymentState::Captured,
            "FAILED" => PaymentState::Failed,
            _ => PaymentState::Pending,
        }
    }

    /// What is paid.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        Purpose::parse(&self.purpose).unwrap_or(Purpose::Order)
    }

    /// The order, if it is one.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        (self.purpose() == Purpose::Order).then(|| OrderId::from_uuid(self.subject))
    }

    /// The kind of the method that paid, or is being tried.
    #[must_use]
    pub fn method_kind(&self) -> MethodKind {
        MethodKind::parse(&self.method_kind)
    }

    /// Whether a card pays.
    #[must_use]
    pub fn is_by_card(&self) -> bool {
        self.method_kind() != MethodKind::Balance
    }

    /// The gateway's key of the method that is being tried: the same for every try.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}-{}", self.id.uuid(), self.attempt)
    }

    /// Goes on to the method in a place, from 0: nothing was asked of it yet.
    pub fn go_on_to(&mut self, at: usize, method: &Method, now: Instant) {
        self.attempt = i32::try_from(at + 1).unwrap_or(i32::MAX);
        (self.method_id, self.method_kind) = (method.id, method.kind.clone());
        (self.step, self.reference, self.tries, self.uncertain) = ("AUTHORISE".to_owned(), None, 0, false);
        self.available_at = now;
    }

    /// The money moved.
    pub fn captured(&mut self, entry: LedgerEntryId, now: Instant) {
        self.end(PaymentState::Captured, now);
        self.ledger_entry_id = Some(entry);
    }

    /// No method could pay.
    pub fn failed(&mut self, now: Instant) {
        self.end(PaymentState::Failed, now);
    }

    /// It may not go on.
    pub fn stopped(&mut self, why: &str, now: Instant) {
        self.failure = Some(why.to_owned());
        self.failed(now);
    }

    fn end(&mut self, state: PaymentState, now: Instant) {
        (self.state, self.step, self.uncertain) = (state.text().to_owned(), "NONE".to_owned(), false);
        self.settled_at = Some(now);
    }
}

/// What listeners are told of a captured payment, part of which goes back.
#[derive(Debug, Clone, Copy)]
pub struct RefundedPayment {
    /// Who paid.
    pub payer_account_id: AccountId,
    /// The payment.
    pub id: PaymentId,
    /// The relation of intimate pay.
    pub relation_id: Uuid,
    /// When it was captured: in which month it counts.
    pub captured_at: Instant,
}
