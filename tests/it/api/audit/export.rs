//! `exportAuditTrail` and `auditVerification`.

use serde_json::{Value, json};

use crate::support::app::TestApp;

const EXPORT: &str = "mutation($input: ExportAuditTrailInput!) { exportAuditTrail(input: $input) {
    lines entries lastSeq hasMore userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_the_trail_is_exported_as_json_lines_and_that_is_on_record() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    for _ in 0..3 {
        app.item(&seller, &shop, "10.00").await;
    }
    let export = |after: i64, first: i32| json!({ "input": { "shopId": shop, "afterSeq": after, "first": first } });
    let part = app.ok(&seller, EXPORT, export(0, 3)).await["exportAuditTrail"].clone();
    assert_eq!((&part["entries"], &part["hasMore"], &part["lastSeq"]), (&json!(3), &json!(true), &json!(3)));
    let lines: Vec<Value> =
        part["lines"].as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["action"], &lines[1]["action"]), (&json!("openShop"), &json!("createItem")));
    assert_eq!(lines[0]["hash"].as_str().unwrap().len(), 64);
    let rest = app.ok(&seller, EXPORT, export(3, 1000)).await["exportAuditTrail"].clone();
    assert_eq!(
        (&rest["entries"], &rest["hasMore"]),
        (&json!(2), &json!(false)),
        "the export itself is on record: {rest}"
    );
    assert!(rest["lines"].as_str().unwrap().contains("exportAuditTrail"));
    for (after, first) in [(-1, 10), (0, 0), (0, 1001)] {
        let answer = app.run(Some(&seller.token), EXPORT, export(after, first)).await;
        assert_eq!(answer.user_error("exportAuditTrail"), "COUNT_INVALID");
    }
    let reader = app.clerk(&shop, "reader", &["audit.read"]).await;
    assert_eq!(
        app.run(Some(&reader.token), EXPORT, export(0, 10)).await.code(),
        "FORBIDDEN",
        "reading is not exporting"
    );
    let other = app.account("other").await;
    app.shop(&other).await;
    assert_eq!(app.run(Some(&other.token), EXPORT, export(0, 10)).await.code(), "NOT_FOUND", "h19");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_whoever_reads_a_trail_can_have_its_chain_verified() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    app.item(&seller, &shop, "10.00").await;
    let query = "query($id: ID!) { auditVerification(shopId: $id) { sound entries headSeq headHash findings } }";
    let sound = app.ok(&seller, query, json!({ "id": shop })).await["auditVerification"].clone();
    assert_eq!(
        (&sound["sound"], &sound["entries"], &sound["headSeq"]),
        (&json!(true), &json!(2), &json!(2)),
        "{sound}"
    );
    let stranger = app.account("stranger").await;
    assert_eq!(app.run(Some(&stranger.token), query, json!({ "id": shop })).await.code(), "FORBIDDEN");
    app.sql(
        "ALTER TABLE audit_entries DISABLE TRIGGER USER; UPDATE audit_entries SET action = 'nothing' WHERE seq = 2;
         ALTER TABLE audit_entries ENABLE TRIGGER USER",
    )
    .await;
    let broken = app.ok(&seller, query, json!({ "id": shop })).await["auditVerification"].clone();
    assert_eq!(broken["sound"], json!(false));
    assert!(broken["findings"].to_string().contains("edited"), "{broken}");
    app.stop().await;
}
