//! `becomeCreator`.

use serde_json::json;

use super::{certified, lenient};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn r2_1_opening_a_shop_and_becoming_a_creator_take_a_certified_account() {
    let app = lenient(TestApp::start().await);
    let query = "mutation { becomeCreator { since userErrors { code message } } }";
    let nobody = app.account("nobody").await;
    let refused = app.run(Some(&nobody.token), query, json!({})).await;
    assert_eq!(refused.user_error("becomeCreator"), "NOT_CERTIFIED");
    let who = certified(&app, "mei", "+8613812345634").await;
    let since = app.ok(&who, query, json!({})).await["becomeCreator"]["since"].clone();
    assert!(since.is_string());
    app.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(app.ok(&who, query, json!({})).await["becomeCreator"]["since"], since, "once is enough");
    app.verified().await;
    app.stop().await;
}
