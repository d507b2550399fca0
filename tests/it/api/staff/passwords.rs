//! `changeOwnPassword` and `resetSubAccountPassword`, and the names that passwords belong to (requirement 4.11).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::crew::{Crew, positions};
use super::invite_manager::invite;
use crate::support::app::{Answer, PASSWORD, Persona, TestApp};
use crate::support::pg::PgServer;

const NEW: &str = "another horse battery";

async fn log_in(crew: &Crew, login: &str, password: &str) -> Answer {
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code message } } }";
    crew.app.run(None, query, json!({ "input": { "login": login, "password": password } })).await
}

async fn logs_in(crew: &Crew, login: &str, password: &str) -> String {
    log_in(crew, login, password).await.user_error("logIn").to_owned()
}

async fn change(crew: &Crew, who: &Persona, old: &str, new: &str) -> Answer {
    let input = json!({ "oldPassword": old, "newPassword": new });
    crew.call(who, "changeOwnPassword", input, "sessionsEnded").await
}

async fn reset(crew: &Crew, who: &Persona, of: &str) -> Answer {
    let input = json!({ "subAccountId": of, "password": NEW });
    crew.call(who, "resetSubAccountPassword", input, "subAccount { id }").await
}

async fn lives(crew: &Crew, who: &Persona) -> bool {
    crew.app.run(Some(&who.token), "{ viewer { login } }", json!({})).await.code() != "UNAUTHENTICATED"
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_whoever_knows_the_password_sets_another_and_their_other_sessions_end() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    for who in [&xiaoli, &crew.owner] {
        let elsewhere = Persona { token: crew.app.log_in(&who.login).await, ..who.clone() };
        let error =
            async |old: &str, new: &str| change(&crew, who, old, new).await.user_error("changeOwnPassword").to_owned();
        assert_eq!(error("wrong horse battery", NEW).await, "WRONG_CREDENTIALS");
        assert_eq!(error(PASSWORD, "12345678").await, "PASSWORD_WEAK");
        assert_eq!(error(PASSWORD, PASSWORD).await, "PASSWORD_UNCHANGED");
        assert!(lives(&crew, &elsewhere).await, "nothing was changed");
        let changed = change(&crew, who, PASSWORD, NEW).await.data();
        assert!(changed["changeOwnPassword"]["sessionsEnded"].as_i64().unwrap() >= 1, "{changed}");
        assert!(lives(&crew, who).await && !lives(&crew, &elsewhere).await, "this session goes on");
        assert_eq!(logs_in(&crew, &who.login, PASSWORD).await, "WRONG_CREDENTIALS");
        assert_eq!(logs_in(&crew, &who.login, NEW).await, "");
    }
    let nobody = crew
        .app
        .run(
            None,
            "mutation($input: ChangeOwnPasswordInput!) { changeOwnPassword(input: $input) { sessionsEnded } }",
            json!({ "input": { "oldPassword": PASSWORD, "newPassword": NEW } }),
        )
        .await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
    let dump = crew.app.dump().await;
    assert!(!dump.contains(PASSWORD) && !dump.contains(NEW), "h35: only hashes are kept");
    let told =
        "SELECT count(*) FROM outbox WHERE topic IN ('sub_account.password_changed', 'security.password_changed')";
    assert_eq!(crew.app.count(told).await, 2);
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_an_old_password_is_not_guessed_and_of_two_changes_at_once_one_counts() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let (one, two) = (change(&crew, &xiaoli, PASSWORD, NEW), change(&crew, &xiaoli, PASSWORD, "a third horse battery"));
    let (one, two) = tokio::join!(one, two);
    let mut said = [one.user_error("changeOwnPassword"), two.user_error("changeOwnPassword")];
    said.sort_unstable();
    assert_eq!(said, ["", "WRONG_CREDENTIALS"], "{one:?} {two:?}");
    let mut last = String::new();
    for _ in 0..10 {
        last = change(&crew, &xiaoli, "wrong horse battery", NEW).await.user_error("changeOwnPassword").to_owned();
    }
    assert_eq!(last, "TOO_MANY_TRIES");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_a_lost_password_is_set_anew_by_the_shop() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    for _ in 0..10 {
        log_in(&crew, &xiaoli.login, "wrong horse battery").await;
    }
    assert_eq!(logs_in(&crew, &xiaoli.login, PASSWORD).await, "TOO_MANY_TRIES");
    assert_eq!(reset(&crew, &crew.owner, &xiaoli.id).await.user_error("resetSubAccountPassword"), "");
    assert!(!lives(&crew, &xiaoli).await, "sessions end");
    assert_eq!(logs_in(&crew, &xiaoli.login, NEW).await, "", "and nothing that was tried in vain holds it up");
    assert_eq!(logs_in(&crew, &xiaoli.login, PASSWORD).await, "WRONG_CREDENTIALS");
    let weak = json!({ "subAccountId": xiaoli.id, "password": "12345678" });
    let weak = crew.call(&crew.owner, "resetSubAccountPassword", weak, "subAccount { id }").await;
    assert_eq!(weak.user_error("resetSubAccountPassword"), "PASSWORD_WEAK");
    assert!(!crew.app.dump().await.contains(NEW), "h35: only a hash is kept");
    crew.app.deliver().await;
    let told = "SELECT count(*) FROM notifications WHERE topic = 'sub_account.password_reset'";
    assert_eq!(crew.app.count(told).await, 1, "the main account is told");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_sets_a_password_that_would_open_more_than_they_hold() {
    let crew = Crew::start().await;
    let (boss, peer) = (crew.hire("boss", "SUPERVISOR").await, crew.hire("peer", "SUPERVISOR").await);
    let high = crew.add_position("High", 60, &["item.read"]).await;
    let above = crew.hire_into("above", &high).await;
    let (agent, operations) = (crew.hire("agent", "CUSTOMER_SERVICE").await, crew.hire("ops", "OPERATIONS").await);
    let gone = crew.hire("gone", "CUSTOMER_SERVICE").await;
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": gone.id }), "").await.data();
    let manager = crew.app.account("manager").await;
    let asked = invite(&crew, &crew.owner, &manager.login, "mo", "CUSTOMER_SERVICE").await.data();
    let linked = asked["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    assert_eq!(reset(&crew, &boss, &agent.id).await.code(), "FORBIDDEN", "without sub_account.create");
    crew.grant(&boss, "sub_account.create", json!({})).await;
    for (whom, wanted) in [
        (&boss.id, "ONESELF"),
        (&peer.id, "NOT_BELOW_OWN_RANK"),
        (&above.id, "ABOVE_OWN_RANK"),
        (&operations.id, "PERMISSION_NOT_HELD"),
        (&gone.id, "SUB_ACCOUNT_DEPARTED"),
        (&linked, "PASSWORD_UNWANTED"),
        (&agent.id, ""),
    ] {
        let answer = reset(&crew, &boss, whom).await;
        assert_eq!(answer.user_error("resetSubAccountPassword"), wanted, "{answer:?}");
    }
    // Within limits of one's own, only what is as narrow.
    crew.grant(&boss, "refund.reject", json!({ "validUntil": "2026-12-01T00:00:00Z" })).await;
    let answer = reset(&crew, &boss, &agent.id).await;
    assert_eq!(answer.user_error("resetSubAccountPassword"), "WIDER_THAN_OWN", "{answer:?}");
    assert!(lives(&crew, &peer).await && lives(&crew, &above).await && lives(&crew, &operations).await);
    crew.app.verified().await;
    crew.stop().await;
}

async fn create(crew: &Crew, shop: &str, position: &Value, name: &str) -> Answer {
    let input = json!({
        "shopId": shop, "name": name, "displayName": name, "password": PASSWORD, "positionId": position,
    });
    crew.call(&crew.owner, "createSubAccount", input, "subAccount { id login }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_main_and_sub_name_one_sub_account_whichever_shop_it_works_for() {
    let crew = Crew::start().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let gone = crew.hire("gone", "CUSTOMER_SERVICE").await;
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": gone.id }), "").await.data();
    let manager = crew.app.account("manager").await;
    invite(&crew, &crew.owner, &manager.login, "mo", "CUSTOMER_SERVICE").await.data();
    let second = crew.app.shop(&crew.owner).await;
    let position = positions(&crew.app, &crew.owner, &second).await[0]["id"].clone();
    for (name, wanted) in [
        ("xiaoli", "NAME_TAKEN_IN_OTHER_SHOP"),
        ("XiaoLi", "NAME_TAKEN_IN_OTHER_SHOP"),
        ("gone", "NAME_TAKEN_IN_OTHER_SHOP"),
        ("mo", ""),
        ("xiaowang", ""),
    ] {
        let answer = create(&crew, &second, &position, name).await;
        assert_eq!(answer.user_error("createSubAccount"), wanted, "{name}: {answer:?}");
    }
    assert_eq!(logs_in(&crew, &xiaoli.login, PASSWORD).await, "");
    // Another main account's names are its own.
    let other = Crew::on(crew.app).await;
    assert_eq!(
        create(&other, &other.shop, &json!(other.position("OTHER")), "xiaoli").await.user_error("createSubAccount"),
        ""
    );
    other.app.verified().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_on_a_server_one_name_for_two_shops_at_once_is_given_once() {
    let postgres = PgServer::start().await;
    let crew = Crew::on(TestApp::start_on(&postgres.fresh_database().await, 8).await).await;
    let second = crew.app.shop(&crew.owner).await;
    let there = positions(&crew.app, &crew.owner, &second).await[0]["id"].clone();
    let here = json!(crew.position("OTHER"));
    for n in 0..5 {
        let name = format!("xiaoli{n}");
        let all = join_all([create(&crew, &crew.shop, &here, &name), create(&crew, &second, &there, &name)]).await;
        let mut said: Vec<&str> = all.iter().map(|answer| answer.user_error("createSubAccount")).collect();
        said.sort_unstable();
        assert_eq!(said, ["", "NAME_TAKEN_IN_OTHER_SHOP"], "{all:?}");
    }
    crew.app.verified().await;
    crew.stop().await;
}
