//! What becomes of a transaction.

use std::convert::Infallible;
use std::sync::Arc;

use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use kith::db::{Connection, End};
use kith::kernel::Fault;
use tokio::sync::Notify;

use super::{database, insert, rows};

/// A refusal.
#[derive(Debug)]
struct No;

/// Changes with their argument, as commands do.
async fn add(conn: &mut Connection, ids: &[i32]) -> Result<usize, Fault<No>> {
    for id in ids {
        insert(conn, *id).await.map_err(Fault::widen)?;
    }
    Ok(ids.len())
}

#[tokio::test]
async fn ok_commits_and_a_fault_rolls_back() {
    let opened = database().await;
    let ids = vec![1, 2, 3];
    // The closure borrows, and the future can be sent to another thread.
    let db = opened.db.clone();
    let done = tokio::spawn(async move { db.transaction(async |conn| add(conn, &ids).await).await });
    assert_eq!(done.await.unwrap().unwrap(), 3);
    assert_eq!(rows(&opened.db).await, 3);

    let refused: Result<(), _> = opened
        .db
        .transaction(async |conn| {
            add(conn, &[4]).await?;
            Err(Fault::Refused(No))
        })
        .await;
    assert!(matches!(refused, Err(Fault::Refused(No))));
    assert_eq!(rows(&opened.db).await, 3);
}

#[tokio::test]
async fn a_dry_run_gives_its_value_and_changes_nothing() {
    let opened = database().await;
    let seen = opened
        .db
        .transaction_ending(async |conn| {
            add(conn, &[1, 2]).await?;
            Ok::<_, Fault<No>>(End::RollBack("two rows"))
        })
        .await;
    assert_eq!(seen.unwrap(), "two rows");
    assert_eq!(rows(&opened.db).await, 0);
    let kept = opened.db.transaction_ending(async |conn| Ok::<_, Fault<No>>(End::Commit(add(conn, &[1]).await?))).await;
    assert_eq!(kept.unwrap(), 1);
    assert_eq!(rows(&opened.db).await, 1);
}

#[tokio::test]
async fn a_savepoint_takes_back_its_part_only() {
    let opened = database().await;
    let done = opened.db.transaction(async |conn| {
        add(conn, &[1]).await?;
        let inner: Result<usize, Fault<No>> = conn.transaction(async |conn| add(conn, &[2, 1]).await).await;
        assert!(inner.is_err(), "1 is there already");
        add(conn, &[3]).await
    });
    assert_eq!(done.await.unwrap(), 1);
    assert_eq!(rows(&opened.db).await, 2);
}

#[tokio::test]
async fn h11_a_swallowed_error_is_not_reported_as_success() {
    let opened = database().await;
    let done: Result<(), Fault> = opened
        .db
        .transaction(async |conn| {
            insert(conn, 1).await?;
            // PostgreSQL now answers COMMIT without an error, and rolls back.
            let _ = conn.batch_execute("SELECT 1/0").await;
            Ok(())
        })
        .await;
    assert!(matches!(done, Err(Fault::Internal(_))), "{done:?}");
    assert_eq!(rows(&opened.db).await, 0);
    opened.db.transaction(async |conn| insert(conn, 1).await).await.unwrap();
}

#[tokio::test]
async fn h11_a_commit_that_is_refused_is_a_fault_and_not_unknown() {
    let opened = database().await;
    super::execute(&opened.db, "CREATE TABLE child (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)").await;
    let done: Result<(), Fault> =
        opened.db.transaction(async |conn| Ok(conn.batch_execute("INSERT INTO child VALUES (7)").await?)).await;
    assert!(matches!(done, Err(Fault::Internal(_))), "{done:?}");
    assert_eq!(opened.db.connections().open, 1, "the connection is still good");
}

/// Starts a transaction that adds row 1 and then does `then`, and stops it there.
async fn cancelled(db: &kith::db::Db, then: &'static str) {
    let reached = Arc::new(Notify::new());
    let signal = Arc::clone(&reached);
    let db = db.clone();
    let running = tokio::spawn(async move {
        let forever: Result<(), Fault> = db
            .transaction(async |conn| {
                insert(conn, 1).await?;
                signal.notify_one();
                conn.batch_execute(then).await?;
                std::future::pending().await
            })
            .await;
        forever
    });
    reached.notified().await;
    tokio::task::yield_now().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_cancelled_transaction_leaks_nothing() {
    let opened = database().await;
    for then in ["SELECT 1", "SELECT pg_sleep(0.3)", "SELECT repeat('x', 1000000) FROM generate_series(1, 20)"] {
        for _ in 0..3 {
            cancelled(&opened.db, then).await;
            assert_eq!(opened.db.connections().open, 0, "closed at once, not when somebody takes it next");
            assert_eq!(rows(&opened.db).await, 0, "{then}");
        }
    }
    opened.db.transaction(async |conn| insert(conn, 1).await).await.unwrap();
    assert!(opened.close(super::GRACE).await, "the server has stopped in good order");
}

#[tokio::test]
async fn a_panicking_transaction_leaks_nothing() {
    let opened = database().await;
    let db = opened.db.clone();
    let panicked = tokio::spawn(async move {
        db.transaction::<(), Infallible, _>(async |conn| {
            insert(conn, 1).await?;
            panic!("a fault of ours")
        })
        .await
    });
    assert!(panicked.await.unwrap_err().is_panic());
    assert_eq!(rows(&opened.db).await, 0);
}
