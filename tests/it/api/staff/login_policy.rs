//! `setLoginPolicy`, and what log-in makes of it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::certification::{certify, crew};
use super::crew::Crew;
use crate::support::app::{Answer, PASSWORD, Persona};
use crate::support::certified::mainland_number;

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

async fn send_code(crew: &Crew, login: &str) -> Answer {
    let query = "mutation($l: String!) { sendLogInCode(input: { login: $l }) { accepted userErrors { code } } }";
    crew.app.run(None, query, json!({ "l": login })).await
}

async fn by_code(crew: &Crew, login: &str, code: &str, client: &str) -> Answer {
    let query =
        "mutation($input: LogInByCodeInput!) { logInByCode(input: $input) { state token userErrors { code } } }";
    crew.app.run(None, query, json!({ "input": { "login": login, "code": code, "client": client } })).await
}

const PHONE: &str = "+8613812345634";

/// How many messages went to the phone so far.
async fn sent(crew: &Crew) -> usize {
    crew.app.deliver().await;
    crew.app.outbox.newest(100).iter().filter(|sent| sent.message.to.expose() == PHONE).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_code_to_the_phone_logs_in_where_the_position_allows_it() {
    let crew = crew().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("wangxiaoli").await;
    crew.app.bind_phone(&person, PHONE).await;
    let error = |answer: &Answer| answer.user_error("logInByCode").to_owned();
    let before = sent(&crew).await;
    assert_eq!(send_code(&crew, &xiaoli.login).await.data()["sendLogInCode"]["accepted"], true);
    assert_eq!(sent(&crew).await, before, "it is not certified: there is no phone that could be its own");
    certify(&crew, &person, &xiaoli, &mainland_number(7)).await.data();
    // Whoever asks learns nothing: unknown names, accounts and departed ones are answered in the same way.
    let unknown = format!("{}:nobody", crew.owner.login);
    for login in [unknown.as_str(), crew.owner.login.as_str(), "x:y", ""] {
        assert_eq!(send_code(&crew, login).await.data()["sendLogInCode"]["accepted"], true, "{login}");
        assert_eq!(error(&by_code(&crew, login, "123456", "WEB").await), "LOG_IN_CODE_WRONG", "{login}");
    }
    assert_eq!(send_code(&crew, "aurora：xiaoli").await.user_error("sendLogInCode"), "FULL_WIDTH_COLON");
    assert_eq!(error(&by_code(&crew, &xiaoli.login, "123456", "WEB").await), "LOG_IN_CODE_WRONG", "none was sent");
    send_code(&crew, &xiaoli.login).await.data();
    let code = crew.app.code_to(PHONE).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    assert_eq!(error(&by_code(&crew, &xiaoli.login, wrong, "WEB").await), "LOG_IN_CODE_WRONG");
    // Submitted twice at once: it opens one session.
    let (one, two) =
        tokio::join!(by_code(&crew, &xiaoli.login, &code, "WEB"), by_code(&crew, &xiaoli.login, &code, "WEB"));
    let opened: Vec<&Answer> = [&one, &two].into_iter().filter(|answer| error(answer).is_empty()).collect();
    let [answer] = opened.as_slice() else { panic!("{one:?} {two:?}") };
    let token = answer.0["data"]["logInByCode"]["token"].as_str().unwrap().to_owned();
    assert_eq!(crew.lists_refunds(&Persona { token, ..xiaoli.clone() }).await, "");
    assert!(!crew.app.dump().await.contains(&code), "h35: only a hash of it is kept");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_the_policy_holds_for_codes_as_for_passwords() {
    let crew = crew().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("wangxiaoli").await;
    crew.app.bind_phone(&person, PHONE).await;
    certify(&crew, &person, &xiaoli, &mainland_number(7)).await.data();
    for (policy, client, wanted) in [
        (json!({ "methods": ["PHONE_CODE"] }), "WEB", ""),
        (json!({}), "BUYER_APP", "CLIENT_NOT_ALLOWED"),
        (json!({ "clients": ["SELLER_APP"] }), "WEB", "CLIENT_NOT_ALLOWED"),
        // It is noon of a Saturday in Shanghai.
        (json!({ "hours": { "from": "13:00", "until": "18:00" } }), "WEB", "OUTSIDE_LOGIN_HOURS"),
        (json!({ "days": [1, 2, 3, 4, 5] }), "WEB", "OUTSIDE_LOGIN_DAYS"),
    ] {
        set(&crew, "CUSTOMER_SERVICE", policy.clone()).await.data();
        send_code(&crew, &xiaoli.login).await.data();
        let code = crew.app.code_to(PHONE).await;
        let answer = by_code(&crew, &xiaoli.login, &code, client).await;
        assert_eq!(answer.user_error("logInByCode"), wanted, "{policy}: {answer:?}");
    }
    set(&crew, "CUSTOMER_SERVICE", json!({ "methods": ["PHONE_CODE"] })).await.data();
    let by_password = log_in(&crew, &xiaoli.login, "WEB", PASSWORD).await;
    assert_eq!(by_password.user_error("logIn"), "METHOD_NOT_ALLOWED");
    // Only passwords: no code is sent, and one that was sent before opens nothing.
    crew.app.clock.advance(TimeDelta::hours(1));
    send_code(&crew, &xiaoli.login).await.data();
    let code = crew.app.code_to(PHONE).await;
    set(&crew, "CUSTOMER_SERVICE", json!({ "methods": ["PASSWORD"] })).await.data();
    let before = sent(&crew).await;
    send_code(&crew, &xiaoli.login).await.data();
    assert_eq!(sent(&crew).await, before);
    let answer = by_code(&crew, &xiaoli.login, &code, "WEB").await;
    assert_eq!(answer.user_error("logInByCode"), "METHOD_NOT_ALLOWED");
    assert_eq!(log_in(&crew, &xiaoli.login, "WEB", PASSWORD).await.user_error("logIn"), "");
    crew.app.verified().await;
    crew.stop().await;
}
