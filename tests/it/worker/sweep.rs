//! Old rows go, the others stay.

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Diary, app_with_diary, drain, emit, numbers, worker};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_its_retention_goes() {
    let app = app_with_diary().await;
    let worker = worker(&app, vec![Box::new(Diary)]);
    let sweep = async || worker.sweep(&CancellationToken::new()).await.unwrap();
    // Ids carry the time of this machine, so the clock of the test starts from there.
    app.clock.set(chrono::Utc::now());
    emit(&app, 0..1200).await;
    assert_eq!(drain(&worker).await, 1200);
    let subject = Uuid::now_v7();
    let keys = format!(
        "INSERT INTO idempotency_keys SELECT '{subject}', n::text, 'test', 'x', 'true', now() FROM generate_series(1, 700) n"
    );
    app.sql(&keys).await;
    app.account("aurora").await;
    emit(&app, 5000..5001).await;
    assert_eq!(sweep().await, 0, "everything is young");

    app.clock.advance(TimeDelta::days(8));
    emit(&app, 6000..6001).await;
    assert_eq!(sweep().await, 0);
    assert_eq!(numbers(&app, "SELECT count(*) AS n FROM outbox").await[0], 4, "what waits is never swept");

    app.clock.advance(TimeDelta::days(23));
    assert_eq!(sweep().await, 700, "keys of a month ago, in steps");
    assert_eq!(numbers(&app, "SELECT count(*) AS n FROM sessions").await, [1], "expired, and kept for a while");

    app.clock.advance(TimeDelta::days(80));
    assert_eq!(sweep().await, 2, "ended three months ago, and its refresh token");
    assert_eq!(numbers(&app, "SELECT count(*) AS n FROM sessions").await, [0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_stops_when_it_is_told_to() {
    let app = app_with_diary().await;
    let worker = worker(&app, vec![Box::new(Diary)]);
    let keys = "INSERT INTO idempotency_keys
        SELECT gen_random_uuid(), 'k', 'test', 'x', 'true', '2020-01-01' FROM generate_series(1, 10)";
    app.sql(keys).await;
    let stopped = CancellationToken::new();
    stopped.cancel();
    assert_eq!(worker.sweep(&stopped).await.unwrap(), 0);
    assert_eq!(worker.sweep(&CancellationToken::new()).await.unwrap(), 10);
    app.stop().await;
}
