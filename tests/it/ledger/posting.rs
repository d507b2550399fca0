//! Accounts, movements, balances.

use std::convert::Infallible;

use kith::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use kith::kernel::ids::{AccountId, LedgerAccountId, ShopId, TypedId};
use kith::kernel::{Currency, Fault, Money};

use super::Books;
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

async fn balance(books: &Books, owner: uuid::Uuid, kind: AccountKind) -> String {
    let mut conn = books.app.door.db.get::<Infallible>().await.unwrap();
    let account = ledger::account(&conn, owner, kind, Currency::CNY).await.unwrap();
    ledger::balance(&mut conn, account).await.unwrap().decimal()
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_follow_from_the_movements() {
    let books = Books::open().await;
    let (shop, buyer): (ShopId, AccountId) = (books.shop.parse().unwrap(), books.buyer.id.parse().unwrap());
    assert_eq!(balance(&books, shop.uuid(), AccountKind::Escrow).await, "400.00");
    assert_eq!(balance(&books, buyer.uuid(), AccountKind::Outside).await, "-600.00");
    assert_eq!(balance(&books, buyer.uuid(), AccountKind::Balance).await, "200.00");
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_refuses_what_does_not_balance_or_was_posted() {
    let books = Books::open().await;
    let shop: ShopId = books.shop.parse().unwrap();
    let conn = books.app.door.db.get::<Infallible>().await.unwrap();
    let escrow = ledger::account(&conn, shop.uuid(), AccountKind::Escrow, Currency::CNY).await.unwrap();
    let balance = ledger::account(&conn, shop.uuid(), AccountKind::Balance, Currency::CNY).await.unwrap();
    let yen = ledger::account(&conn, shop.uuid(), AccountKind::Balance, "JPY".parse().unwrap()).await.unwrap();
    let movement = |debit: LedgerAccountId, credit: LedgerAccountId, minor: i64, reference: &str| {
        let money = Money::new(minor, Currency::CNY);
        Movement::new(shop, EntryKind::Refund, reference, debit, credit, money, books.app.now())
    };
    for (bad, why) in [
        (movement(escrow, escrow, 1, "a"), "to itself"),
        (movement(escrow, balance, 0, "b"), "nothing"),
        (movement(escrow, balance, -1, "c"), "less than nothing"),
        (movement(escrow, yen, 1, "d"), "into another currency"),
        (movement(escrow, LedgerAccountId::generate(), 1, "e"), "into nowhere"),
        (movement(escrow, balance, 1, &books.refunds[0]), "a second time for one refund"),
    ] {
        let posting = kith::db::write(&conn, &[&ledger::posting(&bad)]);
        assert!(posting.await.is_err(), "{why}");
    }
    drop(conn);
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_and_the_trail_are_append_only() {
    let books = Books::open().await;
    let mut conn = books.app.door.db.get::<Infallible>().await.unwrap();
    for table in ["ledger_entries", "audit_entries"] {
        for statement in
            [format!("UPDATE {table} SET at = now()"), format!("DELETE FROM {table}"), format!("TRUNCATE {table}")]
        {
            let refused = diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, &statement).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
        }
    }
    drop(conn);
    books.app.stop().await;
}

/// Whoever has the database may write what Kith would not; not what cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_rows_that_cannot_be() {
    let books = Books::open().await;
    let mut conn = books.app.door.db.get::<Infallible>().await.unwrap();
    let entry = |change: &str| {
        let columns = "book_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at";
        format!(
            "INSERT INTO ledger_entries ({columns}) SELECT {columns} FROM (SELECT (e).* FROM (
                SELECT jsonb_populate_record(e, '{{{change}}}') AS e FROM ledger_entries e LIMIT 1) one) changed"
        )
    };
    let fresh = r#""id": "0190c8f0-0000-7000-8000-000000000001", "reference": "by hand""#;
    let zero = "00000000-0000-0000-0000-000000000000";
    for (statement, constraint) in [
        (entry(&format!(r#"{fresh}, "kind": "GIFT""#)), "ledger_entries_stand"),
        (entry(&format!(r#"{fresh}, "amount_minor": 0"#)), "ledger_entries_stand"),
        (
            entry(&format!(r#"{fresh}, "debit_account_id": "{zero}", "credit_account_id": "{zero}""#)),
            "ledger_entries_stand",
        ),
        ("UPDATE ledger_accounts SET balance_minor = 1 WHERE kind = 'ESCROW'".to_owned(), "ledger_accounts_stand"),
        (
            "UPDATE ledger_accounts SET balance_minor = -1 WHERE kind = 'BALANCE'".to_owned(),
            "ledger_accounts_not_below_zero",
        ),
        ("UPDATE orders SET refunded_minor = total_minor + 1".to_owned(), "orders_stand"),
        ("UPDATE orders SET refunded_minor = -1".to_owned(), "orders_stand"),
        ("UPDATE orders SET state = 'GONE'".to_owned(), "orders_stand"),
        ("UPDATE orders SET state = 'AWAITING_PAYMENT', refunded_minor = 1".to_owned(), "orders_stand"),
        ("UPDATE orders SET quantity = 0".to_owned(), "orders_stand"),
        ("UPDATE orders SET donation_minor = 1".to_owned(), "orders_stand"),
        ("UPDATE orders SET donation_paid_minor = 0".to_owned(), "orders_stand"),
    ] {
        let refused = diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, &statement).await.unwrap_err();
        assert!(refused.to_string().contains(constraint), "{statement}: {refused}");
    }
    drop(conn);
    books.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_once_however_many_ask_at_once() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 24).await;
    let owner = ShopId::generate().uuid();
    let asking: Vec<_> = (0..60)
        .map(|n| {
            let db = app.door.db.clone();
            tokio::spawn(async move {
                db.transaction(async |conn: &mut kith::db::Connection| {
                    let id = ledger::account(conn, owner, AccountKind::Escrow, Currency::CNY).await?;
                    // Some roll back: then another one's account must stand.
                    if n % 3 == 0 { Err(Fault::<Infallible>::internal("roll back")) } else { Ok(id) }
                })
                .await
                .ok()
            })
        })
        .collect();
    let mut ids = Vec::new();
    for answer in asking {
        ids.extend(answer.await.unwrap());
    }
    assert_eq!(ids.len(), 40);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    app.stop().await;
}
