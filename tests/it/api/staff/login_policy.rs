//! `setLoginPolicy`, and what log-in makes of it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::{Answer, PASSWORD};

async fn log_in(crew: &Crew, login: &str, client: &str, password: &str) -> Answer {
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code message } } }";
    let input = json!({ "input": { "login": login, "password": password, "client": client } });
    crew.app.run(None, query, input).await
}

async fn set(crew: &Crew, kind: &str, mut policy: Value) -> Answer {
    policy["positionId"] = json!(crew.position(kind));
    crew.call(&crew.owner, "setLoginPolicy", policy, "positionId").await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_hours_days_clients_and_methods_of_a_position() {
    let crew = Crew::start().await;
    let (xiaoli, caiwu) = (crew.hire("xiaoli", "CUSTOMER_SERVICE").await, crew.hire("caiwu", "FINANCE").await);
    let code = async |client: &str| log_in(&crew, &xiaoli.login, client, PASSWORD).await.user_error("logIn").to_owned();
    assert_eq!(code("WEB").await, "");
    // It is noon of a Saturday in Shanghai.
    for (policy, wanted) in [
        (json!({ "hours": { "from": "09:00", "until": "11:00" } }), "OUTSIDE_LOGIN_HOURS"),
        (json!({ "hours": { "from": "09:00", "until": "18:00" } }), ""),
        (json!({ "days": [1, 2, 3, 4, 5] }), "OUTSIDE_LOGIN_DAYS"),
        (json!({ "days": [6, 7] }), ""),
        (json!({ "clients": ["SELLER_APP"] }), "CLIENT_NOT_ALLOWED"),
        (json!({ "methods": ["PHONE_CODE"] }), "METHOD_NOT_ALLOWED"),
        (json!({}), ""),
    ] {
        set(&crew, "CUSTOMER_SERVICE", policy.clone()).await.data();
        assert_eq!(code("WEB").await, wanted, "{policy}");
        assert_eq!(log_in(&crew, &caiwu.login, "WEB", PASSWORD).await.user_error("logIn"), "", "another position");
        let wrong = log_in(&crew, &xiaoli.login, "WEB", "wrong horse battery").await;
        assert_eq!(wrong.user_error("logIn"), "WRONG_CREDENTIALS", "a stranger learns nothing of the policy");
    }
    set(
        &crew,
        "CUSTOMER_SERVICE",
        json!({ "clients": ["SELLER_APP"], "hours": { "from": "22:00", "until": "06:00" } }),
    )
    .await
    .data();
    assert_eq!(code("SELLER_APP").await, "OUTSIDE_LOGIN_HOURS");
    crew.app.clock.advance(TimeDelta::hours(11));
    assert_eq!(code("SELLER_APP").await, "", "eleven in the evening");
    for (policy, wanted) in [
        (json!({ "hours": { "from": "9", "until": "18:00" } }), "HOURS_INVALID"),
        (json!({ "days": [0] }), "DAYS_INVALID"),
        (json!({ "days": [8] }), "DAYS_INVALID"),
    ] {
        assert_eq!(set(&crew, "CUSTOMER_SERVICE", policy).await.user_error("setLoginPolicy"), wanted);
    }
    let seen =
        "query($shop: ID!, $id: ID!) { shop(id: $shop) { loginPolicy(positionId: $id) { from until clients } } }";
    let variables = json!({ "shop": crew.shop, "id": crew.position("CUSTOMER_SERVICE") });
    let seen = crew.app.ok(&crew.owner, seen, variables).await;
    assert_eq!(seen["shop"]["loginPolicy"]["from"], "22:00", "{seen}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_nothing_granted_means_no_log_in_and_says_so() {
    let crew = Crew::start().await;
    let bare = crew.add_position("Bare", 5, &["item.read"]).await;
    let xiaoli = crew.hire_into("xiaoli", &bare).await;
    crew.revoke_as(&crew.owner, &xiaoli, "item.read").await.data();
    let answer = log_in(&crew, &xiaoli.login, "WEB", PASSWORD).await;
    assert_eq!(answer.user_error("logIn"), "NOTHING_GRANTED", "{answer:?}");
    crew.grant(&xiaoli, "item.create", json!({})).await;
    assert_eq!(log_in(&crew, &xiaoli.login, "WEB", PASSWORD).await.user_error("logIn"), "");
    crew.stop().await;
}
