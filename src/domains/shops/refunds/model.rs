//! Refunds and their states: requested → (awaiting a second approval →) approved, or → rejected, or → overtaken by what the
//! platform gave back.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::schema::refunds;
use crate::domains::payments::RefundedPayment;
use crate::domains::shops::charity::model::{TakenBack, standing};
use crate::domains::shops::orders::model::Order;
use crate::kernel::ids::{
    AccountId, LedgerAccountId, LedgerEntryId, OrderId, OrganisationId, PaymentId, RefundId, ShopId,
};
use crate::kernel::{Currency, Instant, Money, Subject, Text, names};
use crate::permissions::Guarded;

/// A buyer's request for money back.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Serialize, Deserialize)]
#[diesel(table_name = refunds)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Refund {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: RefundId,
    /// The order it is about.
    pub order_id: OrderId,
    /// The buyer who asks.
    pub buyer_account_id: AccountId,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Why, in the buyer's words.
    pub reason: String,
    /// See [`State`].
    pub state: String,
    /// When it was asked for.
    pub requested_at: Instant,
    /// Who approved it first, where two are needed.
    pub first_approved_by: Option<String>,
    /// When it was approved or rejected.
    pub decided_at: Option<Instant>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// Why it was rejected, in the shop's words.
    pub rejection_reason: Option<String>,
    /// The movement of the money.
    pub ledger_entry_id: Option<LedgerEntryId>,
    /// Who looked at it before it was approved.
    #[serde(default)]
    pub reviewed_by: Option<String>,
    /// When.
    #[serde(default)]
    pub reviewed_at: Option<Instant>,
    /// Whether the platform decided it after a dispute, and not the shop (requirement 2.12).
    #[serde(default)]
    pub by_platform: bool,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The buyer asked.
    Requested,
    /// One approved; another must.
    AwaitingSecondApproval,
    /// The money went back.
    Approved,
    /// It was turned down.
    Rejected,
    /// The platform gave back so much of the order that less is left than was asked for (requirement 2.12): nobody decides it any
    /// more, and the buyer may ask for what is left.
    Overtaken,
}

impl State {
    /// Those that can still be approved or rejected, as the database writes them.
    pub const OPEN: [&'static str; 2] = ["REQUESTED", "AWAITING_SECOND_APPROVAL"];

    /// The state as the database writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::AwaitingSecondApproval => "AWAITING_SECOND_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Overtaken => "OVERTAKEN",
        }
    }

    /// Whether it can still be approved or rejected.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::AwaitingSecondApproval)
    }
}

impl Refund {
    /// A refund of an order that nobody has decided.
    #[must_use]
    pub fn asked(order: &Order, amount: Money, reason: &str, now: Instant) -> Self {
        Self {
            shop_id: order.shop_id,
            id: RefundId::generate(),
            order_id: order.id,
            buyer_account_id: order.buyer_account_id,
            amount_minor: amount.minor,
            currency: amount.currency,
            reason: reason.to_owned(),
            state: State::Requested.text().to_owned(),
            requested_at: now,
            first_approved_by: None,
            decided_at: None,
            decided_by: None,
            rejection_reason: None,
            ledger_entry_id: None,
            reviewed_by: None,
            reviewed_at: None,
            by_platform: false,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.as_str() {
            "REQUESTED" => State::Requested,
            "AWAITING_SECOND_APPROVAL" => State::AwaitingSecondApproval,
            "APPROVED" => State::Approved,
            "OVERTAKEN" => State::Overtaken,
            _ => State::Rejected,
        }
    }

    /// How much.
    #[must_use]
    pub fn money(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// The same refund, approved.
    #[must_use]
    pub fn approved(&self, by: Subject, entry: LedgerEntryId, now: Instant) -> Self {
        Self {
            state: State::Approved.text().to_owned(),
            decided_at: Some(now),
            decided_by: Some(by.to_string()),
            ledger_entry_id: Some(entry),
            ..self.clone()
        }
    }
}

/// Those of the open requests for one order, the oldest first, that ask for more than is left with those before them.
#[must_use]
pub fn overtaken(open: Vec<Refund>, left: i64) -> Vec<Refund> {
    let mut left = left;
    let mut gone = Vec::new();
    for refund in open {
        if refund.amount_minor > left {
            gone.push(refund);
        } else {
            left -= refund.amount_minor;
        }
    }
    gone
}

/// A refund that this transaction has locked, with what deciding it takes.
#[derive(Debug, Clone, QueryableByName)]
pub struct Locked {
    /// The refund.
    #[diesel(embed)]
    pub refund: Refund,
    /// The shop's permission epoch, as of the lock.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// Where the money is in the ledger, if that account is there yet: the shop's escrow, or its balance once the order is settled.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub source: Option<LedgerAccountId>,
    /// Whether the order is settled.
    #[diesel(sql_type = Bool)]
    pub settled: bool,
    /// What the order came to, in minor units.
    #[diesel(sql_type = BigInt)]
    pub order_total: i64,
    /// What was given back of it before.
    #[diesel(sql_type = BigInt)]
    pub order_refunded: i64,
    /// What it gave to charity when it was paid; nothing that was paid out since, which a refund does not take back.
    #[diesel(sql_type = BigInt)]
    pub order_donation: i64,
    /// To whom.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub organisation: Option<OrganisationId>,
    /// Where the money goes in the ledger, if that account is there yet: the payer's balance, or what is on its way to a card.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub target: Option<LedgerAccountId>,
    /// The payment of the order; none when it was paid outside.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub payment_id: Option<PaymentId>,
    /// Who paid; the buyer when it was paid outside.
    #[diesel(sql_type = SqlUuid)]
    pub payer: AccountId,
    /// Whether a card paid.
    #[diesel(sql_type = Bool)]
    pub by_card: bool,
    /// The relation of intimate pay under which it was paid.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub relation_id: Option<Uuid>,
    /// When it was paid.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paid_at: Option<Instant>,
    /// Whether the shop demands that somebody looks first.
    #[diesel(sql_type = Bool)]
    pub review_first: bool,
}

impl Locked {
    /// What this refund takes back of the order's gift to charity, if anything.
    #[must_use]
    pub fn taken_back(&self) -> Option<TakenBack> {
        let stands = |refunded| standing(self.order_donation, self.order_total, refunded);
        let after = stands(self.order_refunded.saturating_add(self.refund.amount_minor));
        let money = Money::new(stands(self.order_refunded) - after, self.refund.currency);
        let organisation = self.organisation.filter(|_| money.minor > 0)?;
        Some(TakenBack { organisation, money, all: after == 0 })
    }

    /// What intimate pay is told when it paid.
    #[must_use]
    pub fn paid_by_relation(&self) -> Option<RefundedPayment> {
        let (id, relation_id, captured_at) = (self.payment_id?, self.relation_id?, self.paid_at?);
        Some(RefundedPayment { payer_account_id: self.payer, id, relation_id, captured_at })
    }
}

impl Guarded for Locked {
    const KIND: &'static str = "refund";
    fn shop(&self) -> ShopId {
        self.refund.shop_id
    }
    fn target(&self) -> String {
        self.refund.id.to_string()
    }
    fn amount(&self) -> Option<Money> {
        Some(self.refund.money())
    }
    fn epoch(&self) -> Option<i64> {
        Some(self.epoch)
    }
}

/// What whoever decides an overtaken request is told.
pub const OVERTAKEN: Text = Text::new(
    "The platform gave money of this order back, and less is left than this refund asks for. It is closed; the buyer may ask for what is left.",
    "平台已就该订单赔付,剩余可退金额不足,该退款申请已关闭。买家可就剩余金额重新申请。",
);

/// Most characters of a reason.
pub const LONGEST_REASON: usize = 500;

/// Whether a text can be a reason: printable, line breaks allowed.
#[must_use]
pub fn is_reason(text: &str) -> bool {
    names::is_prose(text, LONGEST_REASON)
}
