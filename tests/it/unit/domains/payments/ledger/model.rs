use kith::domains::payments::ledger::model::*;
use kith::kernel::ids::{LedgerAccountId, ShopId, TypedId};
use kith::kernel::{Currency, Instant, Money};

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
