//! `lookUpAssociations` and `reviewAssociationSignal`: what an operator sees, and that every look is on record.

use serde_json::json;

use super::{CONTEST, address, possible};
use crate::support::app::TestApp;

const LOOK: &str = "mutation($id: ID!, $why: String!) { lookUpAssociations(input: { accountId: $id, reason: $why }) {
    associations { accountId displayName score evidence { signalId kind contested strength } }
    signals { id kind contestedAt } userErrors { code field } } }";
const REVIEW: &str = "mutation($account: ID!, $signal: ID!, $upheld: Boolean!) {
    reviewAssociationSignal(input: { accountId: $account, signalId: $signal, upheld: $upheld }) {
    signal { upheld } userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r1_5_an_operator_sees_it_and_every_look_is_audited() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    let operator = app.operator(&["platform.association.read", "platform.audit.read"]).await;
    let clerk = app.operator(&["platform.audit.read"]).await;
    address(&app, &one, "浙江省", "文三路1号", "13812345634").await;
    address(&app, &two, "浙江省", "文三路1号", "13900000001").await;
    app.deliver().await;
    let look = async |token: &str, why: &str| app.run(Some(token), LOOK, json!({ "id": one.id, "why": why })).await;
    assert_eq!(look(&one.token, "curious").await.code(), "FORBIDDEN", "not even of oneself");
    assert_eq!(look(&clerk.token, "curious").await.code(), "FORBIDDEN");
    assert_eq!(look(&operator.token, "").await.user_error("lookUpAssociations"), "REASON_INVALID");
    let seen = look(&operator.token, "Case 4711").await.data()["lookUpAssociations"].clone();
    assert_eq!(seen["associations"][0]["accountId"], json!(two.id), "{seen}");
    assert_eq!(seen["associations"][0]["evidence"][0]["kind"], "ADDRESS");
    let unknown = "acct_01h455vb4pex5vsknk084sn02q";
    let none = app.run(Some(&operator.token), LOOK, json!({ "id": unknown, "why": "x" })).await;
    assert_eq!(none.code(), "NOT_FOUND");

    let rehearsed = LOOK.replace("reason: $why }) {", "reason: $why }) @dryRun {");
    let rehearsed = app.run(Some(&operator.token), &rehearsed, json!({ "id": one.id, "why": "quietly" })).await;
    assert_eq!(rehearsed.code(), "BAD_USER_INPUT", "nobody looks without a record");

    let trail = app
        .ok(
            &operator,
            "{ auditTrail(last: 20) { edges { node { action target outcome detail { key value } } } } }",
            json!({}),
        )
        .await
        .to_string();
    let looks = trail.matches("lookUpAssociations").count();
    assert!(looks >= 1 && trail.contains("Case 4711") && trail.contains(&one.id), "{looks} in {trail}");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_5_an_operator_decides_about_a_contest() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    let operator = app.operator(&["platform.association.read"]).await;
    address(&app, &one, "浙江省", "文三路1号", "13812345634").await;
    address(&app, &two, "浙江省", "文三路1号", "13900000001").await;
    let signal = possible(&app, &one).await[0]["evidence"][0]["signalId"].clone();
    let decide = async |upheld: bool| {
        let asked = json!({ "account": one.id, "signal": signal, "upheld": upheld });
        app.run(Some(&operator.token), REVIEW, asked).await
    };
    assert_eq!(decide(true).await.user_error("reviewAssociationSignal"), "NOT_CONTESTED");
    app.ok(&one, CONTEST, json!({ "id": signal, "why": "not me" })).await;
    assert!(possible(&app, &one).await.is_empty());
    assert_eq!(decide(true).await.data()["reviewAssociationSignal"]["signal"]["upheld"], json!(true));
    assert_eq!(possible(&app, &one).await.len(), 1, "upheld, it counts again");
    assert_eq!(
        app.run(Some(&one.token), CONTEST, json!({ "id": signal, "why": "again" }))
            .await
            .user_error("contestAssociationSignal"),
        "CONTEST_DECIDED"
    );
    assert_eq!(decide(false).await.data()["reviewAssociationSignal"]["signal"]["upheld"], json!(false));
    assert!(possible(&app, &one).await.is_empty());
    app.stop().await;
}
