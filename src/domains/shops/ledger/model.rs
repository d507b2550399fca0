//! What the ledger speaks of. Pure.

use serde_json::{Value, json};

use crate::kernel::ids::{LedgerAccountId, LedgerEntryId, ShopId, TypedId};
use crate::kernel::{Instant, Money};

/// What kind of money an account of the ledger stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Money outside Kith: banks, cards, payment accounts. It falls below zero by what came in.
    Outside,
    /// Money of buyers that is held until it is due to the shop.
    Escrow,
    /// Money that belongs to the owner.
    Balance,
}

impl AccountKind {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Outside => "OUTSIDE",
            Self::Escrow => "ESCROW",
            Self::Balance => "BALANCE",
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
}

impl EntryKind {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::OrderPaid => "ORDER_PAID",
            Self::Refund => "REFUND",
        }
    }
}

/// One amount that goes from the debit account to the credit account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The entry that it becomes.
    pub id: LedgerEntryId,
    /// The shop whose ledger it stands in.
    pub shop: ShopId,
    /// Why. Together with the reference it happens once.
    pub kind: EntryKind,
    /// The order or refund it is for, as an id.
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
        shop: ShopId,
        kind: EntryKind,
        reference: impl ToString,
        debit: LedgerAccountId,
        credit: LedgerAccountId,
        money: Money,
        at: Instant,
    ) -> Self {
        Self { id: LedgerEntryId::generate(), shop, kind, reference: reference.to_string(), debit, credit, money, at }
    }
}

/// Under which key of an audit entry's detail the movement stands: one object, or a list of them.
pub const DETAIL_KEY: &str = "ledger";

/// What the audit entry of a command says of a movement, for [`super::verify()`] to compare. Keys of the database and not
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn the_audit_detail_holds_every_column_of_the_entry() {
        let movement = Movement::new(
            ShopId::generate(),
            EntryKind::Refund,
            "refund_x",
            LedgerAccountId::generate(),
            LedgerAccountId::generate(),
            Money::new(15_000, Currency::CNY),
            Instant::default(),
        );
        let detail = audit_detail(&movement);
        assert_eq!(detail["amount"], 15_000);
        assert_eq!(detail["currency"], "CNY");
        assert_eq!(detail["entry"], movement.id.uuid().to_string());
        assert_ne!(detail["debit"], detail["credit"]);
        assert!(!detail.to_string().contains('.'), "no fractions: {detail}");
    }
}
