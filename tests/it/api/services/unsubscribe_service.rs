//! `unsubscribeService`.

use serde_json::json;

use super::{Booth, PRINT};

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_h16_grants_sleep_without_the_subscription_and_wake_with_it() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let grant = booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 100 })).await;
    assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["decision"], json!(true));
    booth.unsubscribe().await;
    let no = booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await;
    assert_eq!(no["decision"], json!(false), "with the very next request: {no}");
    assert!(!booth.crew.held(&clerk).await.contains(&PRINT.to_owned()));
    let again = booth.call_as(&booth.crew.owner, "unsubscribeService", json!({}), "service { id }").await;
    assert_eq!(again.user_error("unsubscribeService"), "NOT_SUBSCRIBED");
    booth.subscribe().await;
    assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["decision"], json!(true));
    let query = "query($id: ID!) { node(id: $id) { ... on SubAccount { grants { id constraints { countPerDay } } } } }";
    let back = booth.crew.app.ok(&booth.crew.owner, query, json!({ "id": clerk.id })).await;
    assert_eq!(back["node"]["grants"], json!([{ "id": grant, "constraints": { "countPerDay": 100 } }]));
    booth.stop().await;
}
