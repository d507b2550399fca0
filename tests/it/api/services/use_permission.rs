//! `usePermission`: the uses that a service makes are counted.

use serde_json::{Value, json};

use super::{Booth, PRINT};
use crate::support::app::Persona;

async fn use_it(booth: &Booth, token: &str, who: &Persona, directives: &str, copies: i64) -> Value {
    let query = format!(
        "mutation($input: UsePermissionInput!) {{ usePermission(input: $input) {directives} {{
           decision {{ decision reason explain {{ remaining resetsAt }} }} userErrors {{ code }} }} }}"
    );
    let input = json!({ "subAccountId": who.id, "permission": PRINT, "context": { "copies": copies },
                        "resource": { "type": "order", "id": "A-1001" } });
    booth.crew.app.run(Some(token), &query, json!({ "input": input })).await.data()["usePermission"]["decision"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_uses_count_against_the_grant_and_asking_does_not() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 3 })).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    for _ in 0..5 {
        assert_eq!(
            booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["decision"],
            json!(true),
            "asking is free"
        );
    }
    assert_eq!(use_it(&booth, &token, &clerk, "@dryRun", 1).await["decision"], json!(true));
    for key in ["@idempotent(key: \"a\")", "@idempotent(key: \"a\")", "", ""] {
        assert_eq!(use_it(&booth, &token, &clerk, key, 1).await["decision"], json!(true), "{key}");
    }
    let fourth = use_it(&booth, &token, &clerk, "", 1).await;
    assert_eq!((&fourth["decision"], &fourth["reason"]), (&json!(false), &json!("LIMIT_COUNT_PER_DAY")));
    assert_eq!(fourth["explain"], json!({ "remaining": "0", "resetsAt": "2026-11-22T00:00:00+08:00" }));
    assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["reason"], "LIMIT_COUNT_PER_DAY");
    booth.crew.app.clock.set("2026-11-21T16:00:00Z".parse().unwrap());
    assert_eq!(use_it(&booth, &token, &clerk, "", 1).await["decision"], json!(true), "the next day in Shanghai");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h01_parallel_uses_never_exceed_the_limit() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 7 })).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let all = (0..40).map(|_| use_it(&booth, &token, &clerk, "", 1));
    let decisions = futures_util::future::join_all(all).await;
    let allowed = decisions.iter().filter(|one| one["decision"] == json!(true)).count();
    assert_eq!(allowed, 7, "{decisions:?}");
    booth.crew.app.verified().await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_a_use_is_the_sub_accounts_deed_and_only_services_make_one() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let (token, id) = booth.token(&booth.crew.owner.clone()).await;
    let owner = booth.crew.owner.token.clone();
    assert_eq!(
        use_it(&booth, &owner, &clerk, "", 1).await["reason"],
        "NOT_FOUND",
        "a main account asks, it does not use"
    );
    assert_eq!(use_it(&booth, &token, &clerk, "", 1).await["reason"], "PERMISSION_MISSING");
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    assert_eq!(use_it(&booth, &token, &clerk, "", 11).await["reason"], "PLUGIN_DENIED");
    assert_eq!(use_it(&booth, &token, &clerk, "", 2).await["decision"], json!(true));
    let entries = booth.audit("usePermission").await;
    let done = entries.last().unwrap_or_else(|| panic!("{entries:?}"));
    assert_eq!((&done["target"], &done["permission"]), (&json!("order:A-1001"), &json!(PRINT)));
    assert!(done["detail"].to_string().contains(&id) && done["detail"].to_string().contains("acme-print"), "{done}");
    booth.crew.app.verified().await;
    booth.stop().await;
}
