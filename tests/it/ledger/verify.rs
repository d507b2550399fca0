//! h14: a ledger row that was changed by hand is found and named.

use kith::domains::payments::ledger::{Finding, Problem};
use kith::kernel::ids::{AccountId, LedgerEntryId, OrderId, RefundId, TypedId};
use serde_json::json;

use super::Books;
use crate::support::intimate::Home;

/// What was found, the balances and escrows aside that follow from it.
fn problems(findings: &[Finding]) -> Vec<(Problem, &str)> {
    let others = findings
        .iter()
        .filter(|finding| ![Problem::BalanceMismatch, Problem::EscrowMismatch].contains(&finding.problem));
    others.map(|finding| (finding.problem, finding.record.as_str())).collect()
}

fn key(entry: &str) -> uuid::Uuid {
    entry.parse::<LedgerEntryId>().unwrap().uuid()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_ledger_is_sound() {
    let books = Books::open().await;
    let report = books.verify().await;
    assert!(report.is_sound(), "{:?}", report.findings);
    // The buyer's money outside, the shop's escrow, the buyer's balance; the order and two refunds.
    assert_eq!((report.accounts, report.entries, report.refunds), (3, 3, 2));
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_edited_amount_is_named_with_both_figures() {
    let books = Books::open().await;
    let entry = books.entry_of(&books.refunds[0]).await;
    let sql = format!("UPDATE ledger_entries SET amount_minor = 1500000 WHERE id = '{}'", key(&entry));
    books.by_hand("ledger_entries", &sql).await;
    let report = books.verify().await;
    let expected = [(Problem::Edited, entry.as_str()), (Problem::RefundMismatch, books.refunds[0].as_str())];
    assert_eq!(problems(&report.findings), expected, "{:#?}", report.findings);
    let said = report.findings[0].to_string();
    assert!(said.contains("amount is 1500000, was 15000") && said.contains(&books.shop), "{said}");
    let balance = report.findings.iter().find(|finding| finding.problem == Problem::BalanceMismatch).unwrap();
    assert_eq!(balance.detail, "its row says 20000 minor units, its entries say 1505000");
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_a_balance_that_was_changed_by_hand_is_named() {
    let books = Books::open().await;
    books.app.sql("UPDATE ledger_accounts SET balance_minor = balance_minor + 1 WHERE kind = 'BALANCE'").await;
    let report = books.verify().await;
    let [finding] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    assert_eq!(finding.problem, Problem::BalanceMismatch);
    assert_eq!(finding.detail, "its row says 20001 minor units, its entries say 20000");
    books.app.stop().await;
}

/// h14 over all of it: top-ups in an account's book, payments by balance and by card, refunds to both.
#[tokio::test(flavor = "multi_thread")]
async fn h14_payments_are_compared_as_well() {
    let books = Books::open().await;
    let (app, buyer) = (&books.app, &books.buyer);
    let (balance, card) = (app.balance(buyer, "1000").await, app.card(buyer, "4242424242424242").await);
    let item = app.item(&books.seller, &books.shop, "100.00").await;
    for method in [&balance, &card] {
        let order = app.unpaid_order(buyer, &books.shop, &item, 1).await;
        app.pay(buyer, &order, &[method]).await.data();
        app.pay_out().await;
        let refund = app.refund(buyer, &order, "10.00").await;
        app.approve(&books.seller, &refund, &refund).await.data();
        app.pay_out().await;
    }
    assert!(books.verify().await.is_sound(), "{:#?}", books.verify().await.findings);
    for (table, sql, back, expected) in [
        (
            "ledger_entries",
            "UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE kind = 'TOP_UP'",
            "UPDATE ledger_entries SET amount_minor = amount_minor - 1 WHERE kind = 'TOP_UP'",
            Problem::Edited,
        ),
        (
            "payments",
            "UPDATE payments SET amount_minor = amount_minor + 1 WHERE method_kind = 'BALANCE'",
            "UPDATE payments SET amount_minor = amount_minor - 1 WHERE method_kind = 'BALANCE'",
            Problem::PaymentMismatch,
        ),
        (
            "payments",
            "UPDATE payments SET refunded_minor = 0 WHERE method_kind <> 'BALANCE'",
            "UPDATE payments SET refunded_minor = 1000 WHERE method_kind <> 'BALANCE'",
            Problem::PaymentMismatch,
        ),
        (
            "ledger_entries",
            "UPDATE ledger_entries SET book_id = gen_random_uuid() WHERE kind = 'CARD_REFUNDED'",
            "UPDATE ledger_entries e SET book_id = a.owner_id FROM ledger_accounts a
             WHERE a.id = e.debit_account_id AND e.kind = 'CARD_REFUNDED'",
            Problem::Edited,
        ),
    ] {
        books.by_hand(table, sql).await;
        let report = books.verify().await;
        assert!(report.findings.iter().any(|f| f.problem == expected), "{sql}: {:#?}", report.findings);
        books.by_hand(table, back).await;
        assert!(books.verify().await.is_sound(), "{sql} was put back: {:#?}", books.verify().await.findings);
    }
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_every_column_of_an_entry_counts() {
    let books = Books::open().await;
    let entry = books.entry_of(&books.refunds[0]).await;
    let key = key(&entry);
    for (column, change, back) in [
        ("debit", "debit_account_id = credit_account_id, credit_account_id = debit_account_id", None),
        ("at", "at = at - interval '1 month'", Some("at = at + interval '1 month'")),
        ("reference", "reference = 'refund_x'", None),
    ] {
        books.by_hand("ledger_entries", &format!("UPDATE ledger_entries SET {change} WHERE id = '{key}'")).await;
        let report = books.verify().await;
        let found = report.findings.iter().find(|f| f.problem == Problem::Edited && f.record == entry);
        let found = found.unwrap_or_else(|| panic!("{column}: {:#?}", report.findings));
        assert!(found.detail.contains(&format!("{column} is ")), "{column}: {}", found.detail);
        let back = back.unwrap_or(change);
        let back = if column == "reference" { format!("reference = '{}'", books.refunds[0]) } else { back.to_owned() };
        books.by_hand("ledger_entries", &format!("UPDATE ledger_entries SET {back} WHERE id = '{key}'")).await;
        assert!(books.verify().await.is_sound(), "{column} was put back");
    }
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_a_deleted_entry_is_named() {
    let books = Books::open().await;
    let entry = books.entry_of(&books.refunds[1]).await;
    books.by_hand("ledger_entries", &format!("DELETE FROM ledger_entries WHERE id = '{}'", key(&entry))).await;
    let report = books.verify().await;
    let expected = [(Problem::Deleted, entry.as_str()), (Problem::RefundMismatch, books.refunds[1].as_str())];
    assert_eq!(problems(&report.findings), expected, "{:#?}", report.findings);
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_inserted_entry_is_named() {
    let books = Books::open().await;
    let id = LedgerEntryId::generate();
    let sql = format!(
        "INSERT INTO ledger_entries SELECT book_id, '{}', debit_account_id, credit_account_id, amount_minor, currency,
         kind, 'refund_forged', at FROM ledger_entries WHERE kind = 'REFUND' LIMIT 1",
        id.uuid()
    );
    books.app.sql(&sql).await;
    let report = books.verify().await;
    let id = id.to_string();
    let expected = [(Problem::Inserted, id.as_str()), (Problem::RefundMismatch, id.as_str())];
    assert_eq!(problems(&report.findings), expected, "{:#?}", report.findings);
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_account_that_is_gone_is_named_and_the_sum_shows_it() {
    let books = Books::open().await;
    books.by_hand("ledger_accounts", "DELETE FROM ledger_accounts WHERE kind = 'BALANCE'").await;
    let report = books.verify().await;
    let found: Vec<Problem> = report.findings.iter().map(|f| f.problem).collect();
    assert_eq!(
        found,
        [Problem::AccountMissing, Problem::AccountMissing, Problem::Unbalanced],
        "{:#?}",
        report.findings
    );
    assert!(report.findings[2].detail.contains("-20000 minor units"), "{}", report.findings[2].detail);
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_refunds_and_orders_must_agree_with_the_ledger() {
    let books = Books::open().await;
    let (refund, order): (RefundId, OrderId) = (books.refunds[0].parse().unwrap(), books.order.parse().unwrap());
    books.app.sql(&format!("UPDATE refunds SET amount_minor = 14999 WHERE id = '{}'", refund.uuid())).await;
    let report = books.verify().await;
    let expected =
        [(Problem::RefundMismatch, books.refunds[0].as_str()), (Problem::OrderMismatch, books.order.as_str())];
    assert_eq!(problems(&report.findings), expected, "{:#?}", report.findings);
    assert!(report.findings[0].detail.contains("is 14999 CNY, its ledger entry is a REFUND of 15000 CNY"));
    let sql = format!(
        "UPDATE refunds SET amount_minor = 15000 WHERE id = '{}'; UPDATE orders SET refunded_minor = 1 WHERE id = '{}'",
        refund.uuid(),
        order.uuid()
    );
    books.app.sql(&sql).await;
    let report = books.verify().await;
    assert_eq!(problems(&report.findings), [(Problem::OrderMismatch, books.order.as_str())]);
    assert!(report.findings[0].detail.contains("says 1 is refunded, its approved refunds are 20000"));
    // One entry cannot serve two refunds.
    let sql = format!(
        "UPDATE orders SET refunded_minor = 20000 WHERE id = '{}';
         UPDATE refunds SET ledger_entry_id = (SELECT ledger_entry_id FROM refunds WHERE id = '{}')",
        order.uuid(),
        refund.uuid()
    );
    books.app.sql(&sql).await;
    let report = books.verify().await;
    assert_eq!(report.findings.len(), 3, "both refunds, and the entry that nobody has: {:#?}", report.findings);
    assert!(report.findings.iter().all(|f| f.problem == Problem::RefundMismatch));
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_nonsense_in_an_audit_entry_does_not_stop_the_comparison() {
    let books = Books::open().await;
    let entry = books.entry_of(&books.refunds[0]).await;
    for nonsense in [r#""text""#, "[7, null]", r#"{"entry": "no uuid", "amount": {"a": []}}"#] {
        let sql = format!(
            "UPDATE audit_entries SET detail = jsonb_set(detail, '{{ledger}}', '{nonsense}')
             WHERE target = '{}' AND action = 'approveRefund'",
            books.refunds[0]
        );
        books.by_hand("audit_entries", &sql).await;
        let report = books.verify().await;
        let inserted = (Problem::Inserted, entry.as_str());
        assert!(problems(&report.findings).contains(&inserted), "{nonsense}: {:#?}", report.findings);
    }
    books.app.stop().await;
}

/// Whose money it is cannot be changed, and where it was all the same, it is found.
#[tokio::test(flavor = "multi_thread")]
async fn h14_an_account_that_was_given_to_somebody_else_is_named() {
    use diesel_async::SimpleAsyncConnection as _;
    let books = Books::open().await;
    let (app, buyer) = (&books.app, &books.buyer);
    // Balances by top-up, by refund and by what a shop paid out; a card that was charged and has a refund on its way.
    let (balance, card) = (app.balance(buyer, "1000").await, app.card(buyer, "4242424242424242").await);
    let item = app.item(&books.seller, &books.shop, "100.00").await;
    for method in [&balance, &card] {
        let order = app.unpaid_order(buyer, &books.shop, &item, 1).await;
        app.pay(buyer, &order, &[method]).await.data();
        app.pay_out().await;
        let refund = app.refund(buyer, &order, "10.00").await;
        app.approve(&books.seller, &refund, &refund).await.data();
    }
    assert!(books.verify().await.is_sound(), "{:#?}", books.verify().await.findings);
    let owner = |who: &str| who.parse::<AccountId>().unwrap().uuid();
    let (thief, owner) = (owner(&app.account("thief").await.id), owner(&buyer.id));
    for kind in ["BALANCE", "CLEARING", "OUTSIDE"] {
        let to = |from, to| {
            format!("UPDATE ledger_accounts SET owner_id = '{to}' WHERE owner_id = '{from}' AND kind = '{kind}'")
        };
        let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
        let refused = conn.batch_execute(&to(owner, thief)).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{kind}: {refused}");
        drop(conn);
        books.by_hand("ledger_accounts", &to(owner, thief)).await;
        let report = books.verify().await;
        let found = report.findings.iter().find(|finding| finding.problem == Problem::OwnerMismatch);
        let found = found.unwrap_or_else(|| panic!("{kind}: {:#?}", report.findings));
        assert!(found.detail.contains(&thief.to_string()) && found.detail.contains(&owner.to_string()), "{found}");
        books.by_hand("ledger_accounts", &to(thief, owner)).await;
        assert!(books.verify().await.is_sound(), "{kind} was put back");
    }
    let escrow = "UPDATE ledger_accounts SET kind = 'DEPOSIT' WHERE kind = 'ESCROW'";
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    assert!(conn.batch_execute(escrow).await.is_err(), "nor of what kind it is");
    assert!(conn.batch_execute("DELETE FROM ledger_accounts").await.is_err(), "nor that it is there");
    drop(conn);
    books.app.stop().await;
}

/// A refund to a card whose job somebody marked as done is money that nobody sends.
#[tokio::test(flavor = "multi_thread")]
async fn h14_a_gateway_job_that_was_marked_as_done_by_hand_is_named() {
    let books = Books::open().await;
    let (app, buyer) = (&books.app, &books.buyer);
    let card = app.card(buyer, "4242424242424242").await;
    let item = app.item(&books.seller, &books.shop, "100.00").await;
    let order = app.unpaid_order(buyer, &books.shop, &item, 1).await;
    app.pay(buyer, &order, &[&card]).await.data();
    app.pay_out().await;
    let refund = app.refund(buyer, &order, "10.00").await;
    app.approve(&books.seller, &refund, &refund).await.data();
    assert!(books.verify().await.is_sound(), "it is on its way");
    app.sql("UPDATE gateway_jobs SET state = 'DONE', settled_at = now() WHERE kind = 'REFUND'").await;
    let report = books.verify().await;
    let [finding] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    assert_eq!(finding.problem, Problem::ClearingMismatch);
    assert_eq!(finding.detail, "holds 1000 minor units, refunds under way to cards are 0");
    app.sql("UPDATE gateway_jobs SET state = 'PENDING', settled_at = NULL WHERE kind = 'REFUND'").await;
    app.pay_out().await;
    assert!(books.verify().await.is_sound(), "it went to the card");
    books.app.stop().await;
}

/// What a relative may still spend is what is left after what was spent, and not what somebody wrote.
#[tokio::test(flavor = "multi_thread")]
async fn h14_a_quota_that_is_not_what_was_spent_is_named() {
    let home = Home::with(json!({
        "monthlyCap": { "amount": "100" }, "emergency": { "category": "medicine", "cap": { "amount": "100" } },
    }))
    .await;
    let order = home.order("60.00", "books").await;
    home.pay(&order).await.data();
    home.buy("70.00", "medicine").await.data();
    home.app.refund_all(&home.seller, &home.father, &order, "20.00").await;
    let verify = async || kith::domains::payments::ledger::verify(&home.app.door.db).await.unwrap();
    assert!(verify().await.is_sound(), "{:#?}", verify().await.findings);
    for (was, detail) in [
        (4_000, "MONTH of 2026-11 says 0 minor units, the purchases say 4000"),
        (7_000, "EMERGENCY of 2026-11 says 0 minor units, the purchases say 7000"),
    ] {
        let owner = "owner_id IN (SELECT payer_account_id FROM intimate_pays)";
        home.app.sql(&format!("UPDATE quota_usage SET amount_minor = 0 WHERE amount_minor = {was} AND {owner}")).await;
        let report = verify().await;
        let [finding] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
        assert_eq!((finding.problem, finding.detail.as_str()), (Problem::QuotaMismatch, detail));
        assert_eq!((&finding.record, finding.book.as_ref()), (&home.father.id, Some(&home.daughter.id)));
        home.app.sql(&format!("UPDATE quota_usage SET amount_minor = {was} WHERE amount_minor = 0 AND {owner}")).await;
    }
    home.close().await;
}
