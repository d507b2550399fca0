//! What the ledger speaks of. Pure.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kernel::ids::{AccountId, LedgerAccountId, LedgerEntryId, OrganisationId, ShopId, TypedId};
use crate::kernel::{Instant, Money};

/// What kind of money an account of the ledger stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Money outside Kith: banks, cards, payment accounts. It falls below zero by what came in.
    Outside,
    /// Money of buyers that is held until it is due to the shop.
    Escrow,
    /// Money that belongs to the owner: an account pays with it, a shop gives refunds of settled orders from it.
    Balance,
    /// Money on its way back to a card of the owner.
    Clearing,
    /// A shop's deposit (保证金).
    Deposit,
    /// What is left of a red packet; the owner is the campaign.
    RedPacket,
    /// What an organisation is to get; the owner is the organisation.
    Donation,
    /// What the platform took for violations; the owner is the platform.
    Penalty,
    /// What came back to an account that is deleted: nobody can spend it, and it is still the owner's.
    Unclaimed,
}

impl AccountKind {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Outside => "OUTSIDE",
            Self::Escrow => "ESCROW",
            Self::Balance => "BALANCE",
            Self::Clearing => "CLEARING",
            Self::Deposit => "DEPOSIT",
            Self::RedPacket => "RED_PACKET",
            Self::Donation => "DONATION",
            Self::Penalty => "PENALTY",
            Self::Unclaimed => "UNCLAIMED",
        }
    }
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A buyer paid an order; the reference is the order.
    OrderPaid,
    /// A buyer got money back; the reference is the refund.
    Refund,
    /// The gateway took a refund to a card; the reference is the gateway's job.
    CardRefunded,
    /// The gateway refused a refund to a card, which went to the balance; the reference is the gateway's job.
    RefundToBalance,
    /// Money from outside came to a balance; the reference is new.
    TopUp,
    /// A shop paid a deposit in; the reference is the payment.
    DepositPaid,
    /// A deposit compensated whoever paid an order; the reference is the refund that the platform decided.
    DepositCompensation,
    /// The platform took a part of a deposit; the reference is the violation.
    DepositDeduction,
    /// What was left of a deposit went back; the reference is the return.
    DepositReturn,
    /// A red packet got its money; the reference is the campaign.
    RedPacketFunded,
    /// A buyer got a share; the reference is the claim.
    RedPacketClaimed,
    /// What was left went back; the reference is the campaign.
    RedPacketReturned,
    /// A sale's donation; the reference is the order.
    Donation,
    /// A donation of a sale that was refunded came back; the reference is the refund.
    DonationReturned,
    /// A shop got the money of an order; the reference is the order.
    OrderSettled,
    /// A shop's main account got money of the shop; the reference is new.
    FundsWithdrawn,
    /// An organisation got what sales gave it; the reference is the pay-out.
    DonationPaidOut,
    /// What came back to a deleted account was set aside; the reference is new.
    SetAside,
}

impl EntryKind {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::OrderPaid => "ORDER_PAID",
            Self::Refund => "REFUND",
            Self::CardRefunded => "CARD_REFUNDED",
            Self::RefundToBalance => "REFUND_TO_BALANCE",
            Self::TopUp => "TOP_UP",
            Self::DepositPaid => "DEPOSIT_PAID",
            Self::DepositCompensation => "DEPOSIT_COMPENSATION",
            Self::DepositDeduction => "DEPOSIT_DEDUCTION",
            Self::DepositReturn => "DEPOSIT_RETURN",
            Self::RedPacketFunded => "RED_PACKET_FUNDED",
            Self::RedPacketClaimed => "RED_PACKET_CLAIMED",
            Self::RedPacketReturned => "RED_PACKET_RETURNED",
            Self::Donation => "DONATION",
            Self::DonationReturned => "DONATION_RETURNED",
            Self::OrderSettled => "ORDER_SETTLED",
            Self::FundsWithdrawn => "FUNDS_WITHDRAWN",
            Self::DonationPaidOut => "DONATION_PAID_OUT",
            Self::SetAside => "SET_ASIDE",
        }
    }
}

/// Whose book a movement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    /// A shop's.
    Shop(ShopId),
    /// An account's.
    Account(AccountId),
    /// That of an organisation that charity items give to.
    Organisation(OrganisationId),
}

impl Book {
    /// The key of the owner.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Shop(id) => id.uuid(),
            Self::Account(id) => id.uuid(),
            Self::Organisation(id) => id.uuid(),
        }
    }
}

impl From<ShopId> for Book {
    fn from(id: ShopId) -> Self {
        Self::Shop(id)
    }
}

impl From<AccountId> for Book {
    fn from(id: AccountId) -> Self {
        Self::Account(id)
    }
}

impl From<OrganisationId> for Book {
    fn from(id: OrganisationId) -> Self {
        Self::Organisation(id)
    }
}

/// One amount that goes from the debit account to the credit account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The entry that it becomes.
    pub id: LedgerEntryId,
    /// The book that it stands in.
    pub book: Book,
    /// Why. Together with the reference it happens once.
    pub kind: EntryKind,
    /// The order, refund or other record it is for, as an id.
    pub reference: String,
    /// Where the money comes from.
    pub debit: LedgerAccountId,
    /// Where it goes.
    pub credit: LedgerAccountId,
    /// How much: above zero, in the currency of both accounts.
    pub money: Money,
    /// When.
    pub at: Instant,
}

impl Movement {
    /// A movement that is not posted yet.
    #[must_use]
    pub fn new(
        book: impl Into<Book>,
        kind: EntryKind,
        reference: impl ToString,
        debit: LedgerAccountId,
        credit: LedgerAccountId,
        money: Money,
        at: Instant,
    ) -> Self {
        let (id, book, reference) = (LedgerEntryId::generate(), book.into(), reference.to_string());
        Self { id, book, kind, reference, debit, credit, money, at }
    }
}

/// Under which key of an audit entry's detail the movement stands: one object, or a list of them.
pub const DETAIL_KEY: &str = "ledger";

/// What the audit entry of a command says of a movement, for [`super::verify()`] to compare. In a chain that is not the
/// book's own it also says `book`, as [`super::leave`] and [`super::post`] always do. Keys of the database and not
/// ids of the API, so that the comparison is one join; whole minor units, so that the hash is the same everywhere.
#[must_use]
pub fn audit_detail(movement: &Movement) -> Value {
    json!({
        "entry": movement.id.uuid(),
        "kind": movement.kind.text(),
        "reference": movement.reference,
        "debit": movement.debit.uuid(),
        "credit": movement.credit.uuid(),
        "amount": movement.money.minor,
        "currency": movement.money.currency,
        "at": movement.at.timestamp_micros(),
    })
}
