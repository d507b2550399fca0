//! `issueServiceToken` and `revokeServiceToken`.

use serde_json::json;

use super::{Booth, PRINT};

#[tokio::test(flavor = "multi_thread")]
async fn h16_a_token_opens_until_it_is_revoked_and_is_shown_once() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let (token, id) = booth.token(&booth.crew.owner.clone()).await;
    assert!(token.starts_with("kithsvc_") && id.starts_with("stok_"));
    let yes = booth.decide_with(&token, &clerk, PRINT, json!({ "copies": 1 })).await.data();
    assert_eq!(yes["authorize"]["decision"], json!(true));
    let listed = booth.service().await;
    assert_eq!(listed["tokens"][0]["label"], "label printer");
    assert!(!listed.to_string().contains(&token), "shown once");
    let revoke = booth.crew.call(&booth.crew.owner, "revokeServiceToken", json!({ "tokenId": id }), "tokenId").await;
    assert_eq!(revoke.0["data"]["revokeServiceToken"]["tokenId"], json!(id));
    let no = booth.decide_with(&token, &clerk, PRINT, json!({ "copies": 1 })).await;
    assert_eq!(no.code(), "UNAUTHENTICATED", "with the next request");
    // Once more changes nothing.
    let again = booth.crew.call(&booth.crew.owner, "revokeServiceToken", json!({ "tokenId": id }), "tokenId").await;
    assert_eq!(again.0["data"]["revokeServiceToken"]["tokenId"], json!(id));
    assert!(!booth.service().await["tokens"][0]["revokedAt"].is_null());
    let text = json!(booth.audit("issueServiceToken").await).to_string();
    assert!(text.contains(&id) && !text.contains(&token[..20]), "{text}");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_service_is_no_log_in() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let app = &booth.crew.app;
    let viewer = app.run(Some(&token), "{ viewer { login } }", json!({})).await.data();
    assert_eq!(viewer["viewer"], json!(null));
    for (query, what) in [
        ("query($shop: ID) { shop(id: $shop) { name } }", "a shop"),
        ("query($shop: ID) { services(shopId: $shop) { id } }", "services"),
        ("mutation { openShop(input: { name: \"x\", ownerName: \"x\", ownerPhone: \"x\" }) { shopId } }", "a mutation"),
        ("mutation { unsubscribeService(input: { serviceId: \"acme-print\" }) { service { id } } }", "unsubscribing"),
    ] {
        let answer = app.run(Some(&token), query, json!({ "shop": booth.crew.shop })).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{what}: {answer:?}");
    }
    for forged in [format!("{}0", &token[..token.len() - 1]), token.replace("kithsvc_", "kith_"), "kithsvc_".to_owned()]
    {
        if forged != token {
            assert_eq!(app.run(Some(&forged), "{ viewer { login } }", json!({})).await.code(), "UNAUTHENTICATED");
        }
    }
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_issue_and_how_many() {
    let booth = Booth::start().await;
    let owner = booth.crew.owner.clone();
    let input = |label: &str| json!({ "label": label });
    let early = booth.call_as(&owner, "issueServiceToken", input("x"), "token").await;
    assert_eq!(early.user_error("issueServiceToken"), "NOT_SUBSCRIBED");
    booth.subscribe().await;
    let boss = booth.crew.hire("boss", "SUPERVISOR").await;
    assert_eq!(booth.call_as(&boss, "issueServiceToken", input("x"), "token").await.code(), "FORBIDDEN");
    for label in ["", " ", "two\nlines", &"x".repeat(61)] {
        let answer = booth.call_as(&owner, "issueServiceToken", input(label), "token").await;
        assert_eq!(answer.user_error("issueServiceToken"), "LABEL_INVALID", "{label:?}");
    }
    for n in 0..5 {
        let answer = booth.call_as(&owner, "issueServiceToken", input(&format!("n{n}")), "token tokenId").await;
        assert!(answer.0["data"]["issueServiceToken"]["token"].is_string(), "{answer:?}");
    }
    let sixth = booth.call_as(&owner, "issueServiceToken", input("n5"), "token").await;
    assert_eq!(sixth.user_error("issueServiceToken"), "TOO_MANY_TOKENS");
    assert!(sixth.0["data"]["issueServiceToken"]["token"].is_null());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_token_reaches_every_shop_that_has_the_service_and_no_other() {
    let booth = Booth::start().await;
    let operator = booth.crew.app.operator(&["platform.plugin.manage"]).await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let made = booth
        .crew
        .call(&operator, "issueServiceToken", json!({ "serviceId": "acme-print", "label": "cloud" }), "token tokenId")
        .await;
    let payload = &made.0["data"]["issueServiceToken"];
    let token = payload["token"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();
    let no = booth.decide_with(&token, &clerk, PRINT, json!({ "copies": 1 })).await.data();
    assert_eq!(no["authorize"]["reason"], "NOT_FOUND", "the shop does not have it");
    booth.subscribe().await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let yes = booth.decide_with(&token, &clerk, PRINT, json!({ "copies": 1 })).await.data();
    assert_eq!(yes["authorize"]["decision"], json!(true));
    // To the shop's main account it does not exist.
    let id = json!({ "tokenId": payload["tokenId"] });
    assert_eq!(
        booth.crew.call(&booth.crew.owner, "revokeServiceToken", id.clone(), "tokenId").await.code(),
        "NOT_FOUND"
    );
    assert!(booth.crew.call(&operator, "revokeServiceToken", id, "tokenId").await.0.get("errors").is_none());
    assert_eq!(booth.decide_with(&token, &clerk, PRINT, json!({})).await.code(), "UNAUTHENTICATED");
    booth.stop().await;
}
