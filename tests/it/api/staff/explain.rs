//! `explain` (requirement 5.6).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::certification::{certify, crew};
use super::crew::Crew;
use crate::support::app::{Answer, Persona};
use crate::support::certified::mainland_number;

const EXPLAIN: &str = "query($input: ExplainInput!) { explain(input: $input) {
    name allowed secondApproverNeeded canApprove canGrant
    denial { reason message grantId limit remaining resetsAt stepUp }
    path { kind text sourceId } notes { kind text } smallestChange { kind constraint value text } } }";

async fn ask(crew: &Crew, who: &Persona, input: Value) -> Answer {
    crew.app.run(Some(&who.token), EXPLAIN, json!({ "input": input })).await
}

async fn explain(crew: &Crew, who: &Persona, input: Value) -> Value {
    ask(crew, who, input).await.data()["explain"].clone()
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["path"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_the_path_and_the_smallest_change_from_no_to_yes() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let approve = |amount: &str| json!({ "permission": "refund.approve", "amount": { "amount": amount } });
    let answer = explain(&crew, &agent, approve("150")).await;
    assert_eq!((&answer["allowed"], &answer["name"]), (&json!(false), &json!(agent.login)));
    assert_eq!(kinds(&answer), ["POSITION", "DEFAULT_DENY"]);
    assert_eq!(answer["denial"]["reason"], "PERMISSION_MISSING");
    assert_eq!(answer["smallestChange"]["kind"], "GRANT");
    assert_eq!(answer["canGrant"], json!([crew.owner.login]), "the supervisor may not grant");
    assert_eq!(answer["canApprove"], json!([crew.owner.login, boss.login]));
    // The change that was named does turn the answer.
    let limits = json!({ "perAction": { "amount": "200" }, "perDay": { "amount": "500" } });
    let grant = crew.grant(&agent, "refund.approve", limits).await;
    let answer = explain(&crew, &agent, approve("150")).await;
    assert_eq!((&answer["allowed"], &answer["denial"]), (&json!(true), &json!(null)));
    assert_eq!(answer["path"][1]["sourceId"], grant);
    let answer = explain(&crew, &agent, approve("250")).await;
    assert_eq!(kinds(&answer), ["POSITION", "GRANT", "LIMIT"]);
    assert_eq!(
        (&answer["denial"]["reason"], &answer["denial"]["limit"]),
        (&json!("LIMIT_PER_ACTION"), &json!("200.00"))
    );
    let change = &answer["smallestChange"];
    assert_eq!(
        (&change["kind"], &change["constraint"], &change["value"]),
        (&json!("RAISE_LIMIT"), &json!("perAction"), &json!("250.00"))
    );
    crew.grant(&agent, "refund.approve", json!({ "perAction": { "amount": change["value"] } })).await;
    assert_eq!(explain(&crew, &agent, approve("250")).await["allowed"], true);
    // A denial is in the way: it is what has to go.
    crew.revoke_as(&crew.owner, &agent, "refund.reject").await.data();
    let answer = explain(&crew, &agent, json!({ "permission": "refund.reject" })).await;
    assert_eq!(answer["smallestChange"]["kind"], "REVOKE_DENIAL");
    let answer = explain(&crew, &agent, json!({ "permission": "bought_items.read" })).await;
    assert_eq!((&answer["smallestChange"]["kind"], &answer["canGrant"]), (&json!("ASK_MAIN_ACCOUNT"), &json!([])));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_explain_agrees_with_what_happens() {
    let crew = Crew::start().await;
    let buyer = crew.app.account("buyer").await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "refund.approve", json!({ "perDay": { "amount": "200" } })).await;
    let item = crew.app.item(&crew.owner, &crew.shop, "1000").await;
    let order = crew.app.order(&buyer, &crew.shop, &item, 1).await;
    let input = json!({ "permission": "refund.approve", "amount": { "amount": "150" } });
    for (key, allowed) in [("a", true), ("b", false)] {
        assert_eq!(explain(&crew, &agent, input.clone()).await["allowed"], allowed, "{key}");
        let refund = crew.app.refund(&buyer, &order, "150").await;
        assert_eq!(crew.app.approve(&agent, &refund, key).await.code() == "", allowed, "{key}");
    }
    let answer = explain(&crew, &agent, input).await;
    assert_eq!(answer["denial"]["remaining"], "50.00");
    assert_eq!(answer["denial"]["resetsAt"], "2026-11-22T00:00:00+08:00");
    assert_eq!(answer["smallestChange"]["value"], "300.00");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_about_others_needs_staff_read() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let about = |who: &Persona| json!({ "subAccountId": who.id, "permission": "refund.approve" });
    let denied = ask(&crew, &agent, about(&boss)).await;
    assert_eq!((denied.code(), &denied.extensions()["permission"]), ("FORBIDDEN", &json!("staff.read")));
    assert_eq!(explain(&crew, &boss, about(&agent)).await["name"], agent.login);
    assert_eq!(explain(&crew, &agent, about(&agent)).await["allowed"], false, "about oneself anybody may ask");
    assert_eq!(explain(&crew, &crew.owner, json!({ "permission": "refund.approve" })).await["allowed"], true);
    let stranger = crew.app.account("stranger").await;
    assert_eq!(ask(&crew, &stranger, about(&agent)).await.code(), "NOT_FOUND");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_are_refused() {
    let crew = Crew::start().await;
    for input in [
        json!({ "permission": "no.such" }),
        json!({ "permission": "refund.approve", "amount": { "amount": "-1" } }),
        json!({ "permission": "refund.approve", "amount": { "amount": "1", "currency": "JPY" } }),
        json!({ "permission": "refund.approve", "amount": { "amount": "99999999999999999999" } }),
        json!({ "permission": "refund.approve", "at": "2030-01-01T00:00:00Z" }),
    ] {
        assert_eq!(ask(&crew, &crew.owner, input.clone()).await.code(), "BAD_USER_INPUT", "{input}");
    }
    crew.stop().await;
}

/// The restriction after seven days, muting before, and the log-in policy: what `explain` says is what happens.
#[tokio::test(flavor = "multi_thread")]
async fn r5_6_restriction_muting_and_log_in_policy_are_explained() {
    let crew = crew().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("person").await;
    let question = json!({ "permission": "refund.read", "subAccountId": agent.id });
    let notes = |answer: &Value| -> Vec<String> {
        answer["notes"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap().to_owned()).collect()
    };
    let answer = explain(&crew, &crew.owner, question.clone()).await;
    assert_eq!((&answer["allowed"], notes(&answer)), (&json!(true), vec!["MUTED".to_owned()]));
    // It is noon of a Saturday in Shanghai.
    for policy in [json!({ "days": [1] }), json!({ "hours": { "from": "13:00", "until": "18:00" } })] {
        let mut input = policy.clone();
        input["positionId"] = json!(crew.position("CUSTOMER_SERVICE"));
        crew.call(&crew.owner, "setLoginPolicy", input, "positionId").await.data();
        let answer = explain(&crew, &crew.owner, question.clone()).await;
        assert_eq!((&answer["allowed"], notes(&answer)), (&json!(true), vec!["MUTED".into(), "LOGIN_POLICY".into()]));
        assert!(answer["notes"][1]["text"].as_str().unwrap().contains("setLoginPolicy"), "{answer}");
    }
    let free = json!({ "positionId": crew.position("CUSTOMER_SERVICE") });
    crew.call(&crew.owner, "setLoginPolicy", free, "positionId").await.data();
    let while_muted = crew.app.now();
    crew.app.clock.advance(TimeDelta::days(7));
    let log_in = async |who: &Persona| Persona { token: crew.app.log_in(&who.login).await, ..who.clone() };
    let (owner, agent, person) = (log_in(&crew.owner).await, log_in(&agent).await, log_in(&person).await);
    assert_eq!(crew.lists_refunds(&agent).await, "FORBIDDEN");
    for who in [&owner, &agent] {
        let answer = explain(&crew, who, question.clone()).await;
        assert_eq!((&answer["allowed"], &answer["denial"]["reason"]), (&json!(false), &json!("NOT_CERTIFIED")));
        assert_eq!((kinds(&answer).last().copied(), notes(&answer)), (Some("CERTIFICATION"), vec![]));
        assert_eq!(answer["smallestChange"]["kind"], "CERTIFY");
    }
    let mut then = question.clone();
    then["at"] = json!(while_muted.to_rfc3339());
    assert_eq!(explain(&crew, &owner, then).await["allowed"], true, "it was not restricted then");
    // What it lacks besides is named first: certifying alone would not do.
    let lacks = explain(&crew, &owner, json!({ "permission": "refund.approve", "subAccountId": agent.id })).await;
    assert_eq!(
        (&lacks["denial"]["reason"], &lacks["smallestChange"]["kind"]),
        (&json!("NOT_CERTIFIED"), &json!("GRANT"))
    );
    // The change that was named does turn the answer.
    certify(&crew, &person, &agent, &mainland_number(7)).await.data();
    let answer = explain(&crew, &owner, question).await;
    assert_eq!((&answer["allowed"], notes(&answer)), (&json!(true), vec![]));
    assert_eq!(crew.lists_refunds(&agent).await, "");
    crew.stop().await;
}
