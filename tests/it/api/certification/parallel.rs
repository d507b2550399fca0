//! Two certifications of one identity at once, on a server with many connections.

use serde_json::json;

use super::{NAME, NUMBER, document, somebody};
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn r2_9_server_of_ten_who_certify_with_one_identity_at_once_one_does() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let mut people = Vec::new();
    for n in 0..10 {
        people.push(somebody(&app, "somebody", &format!("+86138123456{n:02}")).await);
    }
    let tries = people.iter().map(|who| document(&app, who, "MAINLAND", NUMBER, NAME));
    let answers = futures_util::future::join_all(tries).await;
    let codes: Vec<&str> = answers.iter().map(|answer| answer.user_error("certifyByDocument")).collect();
    assert_eq!(codes.iter().filter(|code| **code == "IDENTITY_TAKEN").count(), 9, "{codes:?}");
    let passed = |answer: &&crate::support::app::Answer| {
        answer.0["data"]["certifyByDocument"]["certification"]["realName"]["state"] == json!("PASSED")
    };
    assert_eq!(answers.iter().filter(passed).count(), 1);
    app.stop().await;
}
