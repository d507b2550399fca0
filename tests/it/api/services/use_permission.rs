//! `usePermission`: the uses that a service makes are counted.

use serde_json::{Value, json};

use super::{Booth, PRINT};
use crate::support::app::Persona;

/// Uses the permission to print, as the service that has a token.
pub async fn use_it(booth: &Booth, token: &str, who: &Persona, directives: &str, copies: i64) -> Value {
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

/// 4.6: a use by whoever was not certified in time is refused, and on record.
#[tokio::test(flavor = "multi_thread")]
async fn r4_6_whoever_was_not_certified_in_time_uses_nothing() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    booth.crew.app.clock.advance(chrono::TimeDelta::days(7) - chrono::TimeDelta::seconds(1));
    assert_eq!(use_it(&booth, &token, &clerk, "", 1).await["decision"], json!(true));
    booth.crew.app.clock.advance(chrono::TimeDelta::seconds(1));
    for directive in ["", "@dryRun"] {
        let refused = use_it(&booth, &token, &clerk, directive, 1).await;
        assert_eq!((&refused["decision"], &refused["reason"]), (&json!(false), &json!("NOT_CERTIFIED")), "{directive}");
    }
    let owner = Persona { token: booth.crew.app.log_in(&booth.crew.owner.login).await, ..booth.crew.owner.clone() };
    let query = "query($shop: ID) { auditTrail(shopId: $shop, filter: { action: \"usePermission\" }, last: 1) {
        edges { node { outcome } } } }";
    let trail = booth.crew.app.ok(&owner, query, json!({ "shop": booth.crew.shop })).await;
    assert_eq!(trail["auditTrail"]["edges"][0]["node"]["outcome"], "DENIED", "{trail}");
    booth.stop().await;
}

/// A resource that PostgreSQL could not even store is refused before anything is tried (once a 500, with no entry).
#[tokio::test(flavor = "multi_thread")]
async fn h08_control_characters_in_a_resource_are_refused() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    for (kind, id) in [("order", "A\u{0}1"), ("or\u{7}der", "A1"), ("order", "A\n1"), ("order", "A\u{85}1")] {
        for query in [
            "mutation($input: UsePermissionInput!) { usePermission(input: $input) { decision { decision } } }",
            "query($input: AuthorizeInput!) { authorize(input: $input) { decision } }",
        ] {
            let input =
                json!({ "subAccountId": clerk.id, "permission": PRINT, "resource": { "type": kind, "id": id } });
            let answer = booth.crew.app.run(Some(&token), query, json!({ "input": input })).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{query} {kind:?} {id:?}: {answer:?}");
        }
    }
    booth.stop().await;
}

/// A key belongs to the service that used it: what another service did under the same key answers nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn h03_a_key_is_the_services_own() {
    let booth = Booth::start().await;
    booth.folder().small(1, &[]);
    booth.keeper.look().await.unwrap();
    booth.subscribe().await;
    let small = json!({ "shopId": booth.crew.shop, "serviceId": "small" });
    booth.crew.call(&booth.crew.owner, "subscribeService", small.clone(), "service { id }").await.data();
    let mut input = small;
    input["label"] = json!("small");
    let issued = booth.crew.call(&booth.crew.owner, "issueServiceToken", input, "token").await.data();
    let other = issued["issueServiceToken"]["token"].as_str().unwrap().to_owned();
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    booth.crew.grant(&clerk, "small.use", json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let key = "@idempotent(key: \"order-1\")";
    for _ in 0..2 {
        assert_eq!(use_it(&booth, &token, &clerk, key, 1).await["decision"], json!(true));
    }
    // Another service uses what is its own under the key that the first has used: neither is in the other's way.
    let query = format!(
        "mutation($input: UsePermissionInput!) {{ usePermission(input: $input) {key} {{ decision {{ decision reason }} }} }}"
    );
    let input = json!({ "input": { "subAccountId": clerk.id, "permission": "small.use" } });
    for _ in 0..2 {
        let answer = booth.crew.app.run(Some(&other), &query, input.clone()).await.data();
        assert_eq!(answer["usePermission"]["decision"]["decision"], json!(true), "{answer}");
    }
    assert_eq!(booth.audit("usePermission").await.len(), 2, "each once");
    booth.stop().await;
}

/// Contract, "Fail closed": the host enforces obligations. Nothing that a service does waits for a second approver, so a use
/// that needs one is refused, and asking says the same.
#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_use_that_a_second_person_must_approve_is_refused() {
    let booth = Booth::start().await;
    booth.folder().small(1, &["-DSECOND=10000"]);
    booth.keeper.look().await.unwrap();
    let small = json!({ "shopId": booth.crew.shop, "serviceId": "small" });
    booth.crew.call(&booth.crew.owner, "subscribeService", small.clone(), "service { id }").await.data();
    let mut input = small;
    input["label"] = json!("small");
    let issued = booth.crew.call(&booth.crew.owner, "issueServiceToken", input, "token").await.data();
    let token = issued["issueServiceToken"]["token"].as_str().unwrap().to_owned();
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, "small.use", json!({ "countPerDay": 2 })).await;
    let of = |amount: &str| json!({ "input": { "subAccountId": clerk.id, "permission": "small.use", "amount": { "amount": amount } } });
    let ask = "query($input: AuthorizeInput!) { authorize(input: $input) { decision reason } }";
    let go = "mutation($input: UsePermissionInput!) { usePermission(input: $input) { decision { decision reason message } } }";
    for (amount, allowed) in [("100.01", false), ("100.01", false), ("100.00", true), ("1.00", true)] {
        let asked = booth.crew.app.run(Some(&token), ask, of(amount)).await.data()["authorize"].clone();
        let used = booth.crew.app.run(Some(&token), go, of(amount)).await.data()["usePermission"]["decision"].clone();
        assert_eq!((&asked["decision"], &used["decision"]), (&json!(allowed), &json!(allowed)), "{asked} {used}");
        if !allowed {
            assert_eq!(
                (&asked["reason"], &used["reason"]),
                (&json!("SECOND_APPROVER_NEEDED"), &json!("SECOND_APPROVER_NEEDED"))
            );
        }
    }
    // What was refused was not counted: two of two were used only now.
    let used = booth.crew.app.run(Some(&token), go, of("1.00")).await.data()["usePermission"]["decision"].clone();
    assert_eq!(used["reason"], "LIMIT_COUNT_PER_DAY", "{used}");
    booth.stop().await;
}
