//! h14: what was changed in a trail by hand is found and named.

use kith::command::Chain;
use kith::domains::audit::{self, verify::Problem};
use kith::kernel::ids::{ShopId, TypedId};

use super::deeds;
use crate::support::app::TestApp;

struct Trail {
    app: TestApp,
    shop: ShopId,
}

impl Trail {
    /// A chain of ten entries.
    async fn of_ten() -> Self {
        let app = TestApp::start().await;
        let seller = app.account("aurora").await;
        let shop = app.shop(&seller).await;
        deeds(&app, &seller, &shop, 9).await;
        Self { app, shop: shop.parse().unwrap() }
    }

    /// What `verify` finds after somebody with the database's password did this; `$chain` stands for the chain.
    async fn after(&self, sql: &str) -> Vec<(i64, Problem)> {
        let sql = sql.replace("$chain", &format!("'{}'", self.shop.uuid()));
        self.app
            .sql(&format!(
                "ALTER TABLE audit_entries DISABLE TRIGGER USER; {sql}; ALTER TABLE audit_entries ENABLE TRIGGER USER"
            ))
            .await;
        let report = audit::verify(&self.app.door.db, Chain::Shop(self.shop)).await.unwrap();
        let all = audit::verify_all(&self.app.door.db).await.unwrap();
        assert_eq!(all.findings, report.findings, "the walk over all chains finds the same");
        report.findings.iter().map(|finding| (finding.seq, finding.problem)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_chain_is_sound() {
    let trail = Trail::of_ten().await;
    assert_eq!(trail.after("SELECT 1").await, []);
    let all = audit::verify_all(&trail.app.door.db).await.unwrap();
    assert!(all.chains >= 2 && all.entries >= 12, "the shop's and its owner's: {all:?}");
    trail.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_edit_of_any_column_is_found_and_named() {
    let trail = Trail::of_ten().await;
    trail.app.sql("CREATE TABLE kept AS SELECT * FROM audit_entries").await;
    for (column, value) in [
        ("at", "at - interval '1 microsecond'"),
        ("actor", "'acct_x'"),
        ("actor_name", "'somebody else'"),
        ("action", "'nothing'"),
        ("target", "'item_x'"),
        ("outcome", "'DENIED'"),
        ("permission", "NULL"),
        ("grant_id", "'grant_x'"),
        ("session_id", "NULL"),
        ("ip", "'127.0.0.2'"),
        ("client", "'curl'"),
        ("request_id", "gen_random_uuid()"),
        ("detail", "'{\"price\": 0}'"),
        ("hash", "sha256('x')"),
    ] {
        for seq in [4, 10] {
            let place = format!("WHERE chain_id = $chain AND seq = {seq}");
            let found = trail.after(&format!("UPDATE audit_entries SET {column} = {value} {place}")).await;
            assert_eq!(found, [(seq, Problem::Edited)], "{column} of {seq}");
            let back = format!("UPDATE audit_entries e SET {column} = kept.{column} FROM kept");
            let back = format!("{back} WHERE e.chain_id = kept.chain_id AND e.seq = kept.seq AND e.seq = {seq}");
            assert_eq!(trail.after(&back).await, [], "{column} of {seq} was put back");
        }
    }
    trail.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_removed_entries_are_named() {
    for (range, first, through) in [("seq = 1", 1, 1), ("seq BETWEEN 4 AND 6", 4, 6), ("seq >= 9", 9, 10)] {
        let trail = Trail::of_ten().await;
        let found = trail.after(&format!("DELETE FROM audit_entries WHERE chain_id = $chain AND {range}")).await;
        assert_eq!(found, [(first, Problem::Removed { through })], "{range}");
        trail.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_a_removed_entry_is_found_though_the_rest_was_renumbered() {
    let trail = Trail::of_ten().await;
    let found = trail
        .after(
            "DELETE FROM audit_entries WHERE chain_id = $chain AND seq = 5;
             UPDATE audit_entries SET seq = seq + 999 WHERE chain_id = $chain AND seq > 5;
             UPDATE audit_entries SET seq = seq - 1000 WHERE chain_id = $chain AND seq > 5",
        )
        .await;
    assert_eq!(found, [(5, Problem::Edited), (10, Problem::Removed { through: 10 })]);
    trail.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_inserted_entry_is_named() {
    const COPY: &str = "INSERT INTO audit_entries SELECT chain_id, {seq}, at, actor, actor_name, action, target,
        outcome, permission, grant_id, session_id, ip, client, request_id, detail, sha256('forged')
        FROM audit_entries WHERE chain_id = $chain AND seq = 3";
    for (seq, make_room) in [
        (11, ""),
        (0, ""),
        (
            6,
            "UPDATE audit_entries SET seq = seq + 1000 WHERE chain_id = $chain AND seq >= 6;
             UPDATE audit_entries SET seq = seq - 999 WHERE chain_id = $chain AND seq > 6;
             UPDATE audit_chains SET seq = 11 WHERE id = $chain;",
        ),
    ] {
        let trail = Trail::of_ten().await;
        let found = trail.after(&format!("{make_room} {}", COPY.replace("{seq}", &seq.to_string()))).await;
        assert_eq!(found, [(seq, Problem::Inserted)]);
        trail.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_an_edited_head_is_named() {
    let trail = Trail::of_ten().await;
    let found = trail.after("UPDATE audit_chains SET hash = sha256('x') WHERE id = $chain").await;
    assert_eq!(found, [(10, Problem::HeadEdited)]);
    trail.app.stop().await;

    let trail = Trail::of_ten().await;
    let found = trail.after("DELETE FROM audit_chains WHERE id = $chain").await;
    assert_eq!(found, [(10, Problem::HeadRemoved)]);
    trail.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_longer_than_a_page_is_walked_to_its_end() {
    let trail = Trail::of_ten().await;
    // The door's own function, so that the hashes are real: 1,500 entries, three pages.
    let row = "chain_id, '\\x00'::bytea, at, actor, actor_name, action, target, outcome, permission, grant_id,
        session_id, ip, client, request_id, detail";
    let append = format!(
        "SELECT audit_append({row}) FROM audit_entries, generate_series(1, 1500)
         WHERE chain_id = $chain AND audit_entries.seq = 3"
    );
    let found = trail.after(&append).await;
    // Their canonical bytes were made up, so every one of them is found, and they are too many to name.
    assert_eq!((found.len(), found[0]), (100, (11, Problem::Edited)));
    let report = audit::verify(&trail.app.door.db, Chain::Shop(trail.shop)).await.unwrap();
    assert_eq!((report.entries, report.more), (1510, true));
    trail.app.stop().await;
}
