//! A login policy holds for sessions that are open, with their next refresh, and is nobody's own to set (requirement 4.20).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::{Answer, PASSWORD, Persona};

async fn set(crew: &Crew, who: &Persona, kind: &str, mut policy: Value) -> Answer {
    policy["positionId"] = json!(crew.position(kind));
    crew.call(who, "setLoginPolicy", policy, "positionId").await
}

async fn refresh(crew: &Crew, token: &Value) -> Answer {
    let query = "mutation($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken userErrors { code message } } }";
    crew.app.run(None, query, json!({ "t": token })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_session_goes_on_only_as_the_policy_allows() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { refreshToken } }";
    let input = json!({ "input": { "login": xiaoli.login, "password": PASSWORD, "client": "WEB" } });
    let first = crew.app.run(None, query, input).await.data()["logIn"]["refreshToken"].clone();
    // It is noon of a Saturday in Shanghai.
    for (policy, wanted) in [
        (json!({ "hours": { "from": "13:00", "until": "18:00" } }), "OUTSIDE_LOGIN_HOURS"),
        (json!({ "days": [1, 2, 3, 4, 5] }), "OUTSIDE_LOGIN_DAYS"),
        (json!({ "clients": ["SELLER_APP"] }), "CLIENT_NOT_ALLOWED"),
        (json!({ "methods": ["PHONE_CODE"] }), "METHOD_NOT_ALLOWED"),
        (json!({ "hours": { "from": "13:00", "until": "18:00" } }), "OUTSIDE_LOGIN_HOURS"),
    ] {
        set(&crew, &crew.owner, "CUSTOMER_SERVICE", policy.clone()).await.data();
        let answer = refresh(&crew, &first).await;
        assert_eq!(answer.user_error("refreshSession"), wanted, "{policy}");
        assert!(answer.0["data"]["refreshSession"]["refreshToken"].is_null(), "{answer:?}");
    }
    crew.app.clock.advance(TimeDelta::hours(1));
    let second = refresh(&crew, &first).await.data()["refreshSession"]["refreshToken"].clone();
    assert!(second.is_string(), "what was refused did not use the token up");
    for policy in [
        json!({ "methods": ["PASSWORD"], "clients": ["WEB"], "days": [6], "hours": { "from": "09:00", "until": "18:00" } }),
        json!({}),
    ] {
        set(&crew, &crew.owner, "CUSTOMER_SERVICE", policy).await.data();
    }
    set(&crew, &crew.owner, "CUSTOMER_SERVICE", json!({ "days": [1] })).await.data();
    assert_eq!(
        refresh(&crew, &first).await.user_error("refreshSession"),
        "REFRESH_REUSED",
        "a theft is one on any day"
    );
    // An account is nobody's position: its sessions go on.
    let input = json!({ "input": { "login": crew.owner.login, "password": PASSWORD } });
    let own = crew.app.run(None, query, input).await.data()["logIn"]["refreshToken"].clone();
    assert_eq!(refresh(&crew, &own).await.user_error("refreshSession"), "");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_sets_the_policy_of_their_own_position() {
    let crew = Crew::start().await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    crew.grant(&boss, "position.manage", json!({})).await;
    let policy = || json!({ "days": [1, 2, 3, 4, 5, 6, 7] });
    assert_eq!(set(&crew, &boss, "SUPERVISOR", policy()).await.user_error("setLoginPolicy"), "ONESELF");
    assert_eq!(set(&crew, &boss, "FINANCE", policy()).await.user_error("setLoginPolicy"), "");
    assert_eq!(set(&crew, &crew.owner, "SUPERVISOR", policy()).await.user_error("setLoginPolicy"), "");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_policy_that_lets_nobody_in_is_refused() {
    let crew = Crew::start().await;
    for (policy, wanted, field) in [
        (json!({ "days": [] }), "LIST_EMPTY", "days"),
        (json!({ "clients": [] }), "LIST_EMPTY", "clients"),
        (json!({ "methods": [] }), "LIST_EMPTY", "methods"),
        (json!({ "hours": { "from": "09:00", "until": "09:00" } }), "HOURS_EQUAL", "hours"),
    ] {
        let answer = set(&crew, &crew.owner, "FINANCE", policy.clone()).await;
        assert_eq!(answer.user_error("setLoginPolicy"), wanted, "{policy}");
        assert_eq!(answer.0["data"]["setLoginPolicy"]["userErrors"][0]["field"], json!([field]), "{answer:?}");
    }
    let whole = json!({ "hours": { "from": "00:00", "until": "24:00" } });
    assert_eq!(set(&crew, &crew.owner, "FINANCE", whole).await.user_error("setLoginPolicy"), "");
    let seen = "query($shop: ID!, $id: ID!) { shop(id: $shop) { loginPolicy(positionId: $id) { from until days } } }";
    let seen = crew.app.ok(&crew.owner, seen, json!({ "shop": crew.shop, "id": crew.position("FINANCE") })).await;
    assert_eq!(seen["shop"]["loginPolicy"], json!({ "from": "00:00", "until": "24:00", "days": null }), "{seen}");
    crew.stop().await;
}
