//! The AuthZEN Authorization API 1.0 over HTTP: decisions about an isolated plugin's codes, and the edges of the standard.

use std::sync::Arc;

use kith::graphql::context::Settings;
use kith::graphql::limits::{Check, Limits, Sizes};
use kith::server::sessions::Sessions;
use kith::server::{Contexts, Edge, authzen, routes, run};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{PATIENCE, config};
use crate::api::services::{Booth, PRINT, REPRINT};
use crate::support::app::Persona;

/// A shop that has the service, a clerk who may print, and a server to ask.
struct Desk {
    booth: Booth,
    clerk: Persona,
    token: String,
    token_id: String,
    base: String,
    client: Client,
    task: JoinHandle<()>,
}

impl Desk {
    async fn start() -> Self {
        let booth = Booth::start().await;
        booth.subscribe().await;
        let clerk = booth.crew.hire("clerk", "OTHER").await;
        booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 100 })).await;
        let (token, token_id) = booth.token(&booth.crew.owner.clone()).await;
        let app = &booth.crew.app;
        let sessions = Arc::new(Sessions { door: Arc::clone(&app.door), settings: Settings::default() });
        let check = Check::new(Limits::default(), Sizes::from_sdl(&app.schema.sdl()).unwrap());
        let contexts = Arc::clone(&sessions) as Arc<dyn Contexts>;
        let edge = Arc::new(Edge::new(app.schema.clone(), contexts, check, config()));
        let site = routes(Arc::clone(&edge), authzen::routes(poem::Route::new(), &sessions, &config()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            run(listener, edge, site).await.unwrap();
        });
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { booth, clerk, token, token_id, base, client, task }
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}/access/v1/{path}", self.base)).bearer_auth(&self.token).json(body)
    }

    /// An answer that must be a decision.
    async fn decided(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn question(&self, code: &str, copies: i64) -> Value {
        json!({
            "subject": { "type": "sub_account", "id": self.clerk.id },
            "action": { "name": code },
            "resource": { "type": "order", "id": "A-1001" },
            "context": { "copies": copies }
        })
    }

    async fn stop(self) {
        self.task.abort();
        self.booth.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_gets_one_decision_with_reason_and_obligations() {
    let desk = Desk::start().await;
    let yes = desk.decided("evaluation", &desk.question(PRINT, 2)).await;
    assert_eq!(
        yes,
        json!({ "decision": true, "context": {
            "obligations": [{ "kind": "COUNT_PER_DAY", "value": "100", "source": "grant" }] } })
    );
    let no = desk.decided("evaluation", &desk.question(PRINT, 11)).await;
    assert_eq!((&no["decision"], &no["context"]["reason"]), (&json!(false), &json!("PLUGIN_DENIED")));
    let words = &no["context"]["reason_user"];
    assert!(words["en"].as_str().unwrap().contains("1 to 10"), "{no}");
    assert!(words["zh-CN"].as_str().unwrap().contains("1 至 10"), "{no}");
    let missing = desk.decided("evaluation", &desk.question(REPRINT, 1)).await;
    assert_eq!((&missing["decision"], &missing["context"]["reason"]), (&json!(false), &json!("PERMISSION_MISSING")));
    // The subject of the standard's own example is nobody here: a decision, not an error.
    let example = json!({
        "subject": { "type": "user", "id": "alice@acmecorp.com" },
        "resource": { "type": "account", "id": "123" },
        "action": { "name": "can_read", "properties": { "method": "GET" } },
        "context": { "time": "1985-10-26T01:22-07:00" }
    });
    let nobody = desk.decided("evaluation", &example).await;
    assert_eq!((&nobody["decision"], &nobody["context"]["reason"]), (&json!(false), &json!("NOT_FOUND")));
    let mut other_kind = desk.question(PRINT, 2);
    other_kind["subject"]["type"] = json!("robot");
    assert_eq!(desk.decided("evaluation", &other_kind).await, nobody);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_questions_with_defaults_and_three_ways_to_stop() {
    let desk = Desk::start().await;
    let ask = async |semantic: Value| {
        let body = json!({
            "subject": { "type": "user", "id": desk.clerk.id },
            "action": { "name": PRINT },
            "context": { "copies": 1 },
            "options": semantic,
            "evaluations": [
                { "resource": { "type": "order", "id": "1" } },
                { "resource": { "type": "order", "id": "2" }, "context": { "copies": 99 } },
                { "resource": { "type": "order", "id": "3" } },
                { "action": { "name": REPRINT }, "resource": { "type": "order", "id": "4" } },
                { "action": {}, "resource": { "type": "order", "id": "5" } },
                { "resource": { "type": "order", "id": "6" } }
            ]
        });
        body
    };
    // A malformed question is answered in its own place; a malformed default is the whole body's fault.
    for bad in
        [json!({ "action": {}, "resource": { "type": "order", "id": "5" } }), json!({ "subject": "x" }), json!(7)]
    {
        let mut body = ask(json!({})).await;
        body["evaluations"][4] = bad.clone();
        let list = desk.decided("evaluations", &body).await["evaluations"].clone();
        assert_eq!(list.as_array().unwrap().len(), 6);
        assert_eq!(
            (&list[4]["decision"], &list[4]["context"]["error"]["status"]),
            (&json!(false), &json!(400)),
            "{bad}"
        );
        assert_eq!((&list[0]["decision"], &list[5]["decision"]), (&json!(true), &json!(true)), "{bad}");
    }
    let mut body = ask(json!({})).await;
    body["subject"] = json!("x");
    let whole = desk.post("evaluations", &body).send().await.unwrap();
    assert_eq!(whole.status(), StatusCode::BAD_REQUEST);
    let trimmed = async |semantic| {
        let mut body = ask(semantic).await;
        body["evaluations"][4] = json!({ "subject": null, "action": null, "context": null });
        body.as_object_mut().unwrap().remove("resource");
        let answer = desk.decided("evaluations", &body).await;
        let list = answer["evaluations"].as_array().unwrap().clone();
        assert!(answer.get("decision").is_none());
        list
    };
    let decisions = |list: &[Value]| list.iter().map(|one| one["decision"].as_bool().unwrap()).collect::<Vec<_>>();
    let all = trimmed(json!({})).await;
    assert_eq!(decisions(&all), [true, false, true, false, false, true]);
    assert_eq!(all[4]["context"]["error"]["status"], 400, "{}", all[4]);
    let same = trimmed(json!({ "evaluations_semantic": "execute_all" })).await;
    assert_eq!(decisions(&same), decisions(&all));
    assert_eq!(decisions(&trimmed(json!({ "evaluations_semantic": "deny_on_first_deny" })).await), [true, false]);
    assert_eq!(decisions(&trimmed(json!({ "evaluations_semantic": "permit_on_first_permit" })).await), [true]);
    // Without the array it is a single question, with a single answer.
    let single = desk.decided("evaluations", &desk.question(PRINT, 1)).await;
    assert_eq!(single["decision"], true);
    desk.stop().await;
}

/// What the final text of the standard says of defaults, options and stopping, at the corners.
#[tokio::test(flavor = "multi_thread")]
async fn evaluations_stop_at_failures_take_every_default_and_know_three_semantics() {
    let desk = Desk::start().await;
    let (yes, no) = (json!({}), json!({ "context": { "copies": 99 } }));
    let failure = json!({ "action": {} });
    let ask = async |options: Value, evaluations: &[&Value]| {
        // All four members have defaults, so that an empty evaluation is a question.
        let mut body = desk.question(PRINT, 1);
        (body["options"], body["evaluations"]) = (options, json!(evaluations));
        desk.decided("evaluations", &body).await
    };
    let decisions = |answer: &Value| {
        let all = answer["evaluations"].as_array().unwrap_or_else(|| panic!("{answer}"));
        all.iter().map(|one| one["decision"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    let semantic = |name: &str| json!({ "evaluations_semantic": name, "another_option": "value" });
    // A failure is a denial for what stops at the first, and is passed over by what looks for a permit.
    let deny = ask(semantic("deny_on_first_deny"), &[&yes, &failure, &yes, &no]).await;
    assert_eq!(decisions(&deny), [true, false]);
    assert_eq!(deny["evaluations"][1]["context"]["error"]["status"], 400, "{deny}");
    assert_eq!(decisions(&ask(semantic("deny_on_first_deny"), &[&yes, &yes]).await), [true, true]);
    let permit = ask(semantic("permit_on_first_permit"), &[&failure, &no, &yes, &yes]).await;
    assert_eq!(decisions(&permit), [false, false, true]);
    assert_eq!(decisions(&ask(semantic("permit_on_first_permit"), &[&no, &no]).await), [false, false]);
    assert_eq!(
        decisions(&ask(semantic("execute_all"), &[&no, &yes, &failure, &yes]).await),
        [false, true, false, true]
    );
    // No evaluations, or none in the array: one question with one answer.
    assert_eq!(ask(json!({}), &[]).await["decision"], true);
    // An unknown semantic is no semantic: nothing is decided by guess.
    for bad in [json!("first_wins"), json!("EXECUTE_ALL"), json!(["execute_all"]), json!(null)] {
        let mut body = desk.question(PRINT, 1);
        (body["options"], body["evaluations"]) = (json!({ "evaluations_semantic": bad }), json!([{}]));
        assert_eq!(desk.post("evaluations", &body).send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_statuses_with_a_message_and_decisions_never_are() {
    let desk = Desk::start().await;
    let url = format!("{}/access/v1/evaluation", desk.base);
    let good = desk.question(PRINT, 1).to_string();
    let json_type = ("content-type", "application/json");
    let send = async |request: RequestBuilder| {
        let answer = request.send().await.unwrap();
        let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
        let challenge = answer.headers().get("www-authenticate").map(|v| v.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        assert!(kind.starts_with("text/plain") && text.contains(": ") && text.len() < 500, "{kind} {text}");
        (status, challenge, text)
    };
    let to = || desk.client.post(&url).header(json_type.0, json_type.1).body(good.clone());
    let (status, challenge, _) = send(to()).await;
    assert_eq!((status, challenge.as_deref()), (401, Some("Bearer")), "no token");
    for bad in ["nonsense", "kithsvc_0123", &desk.token.replace("kithsvc_", "kith_"), &format!("{}x", desk.token)] {
        assert_eq!(send(to().bearer_auth(bad)).await.0, 401, "{bad:.20}");
    }
    assert_eq!(send(to().header("authorization", "Basic a2l0aDprdA==")).await.0, 401);
    let buyer = desk.booth.crew.app.account("buyer").await;
    for (who, token) in [("a sub-account", &desk.clerk.token), ("a buyer", &buyer.token)] {
        assert_eq!(send(to().bearer_auth(token)).await.0, 403, "{who}");
    }
    let with = |kind: &str, body: String| {
        desk.client.post(&url).bearer_auth(&desk.token).header("content-type", kind).body(body)
    };
    for kind in ["text/plain", "application/xml", "application/json; charset=latin1", "multipart/form-data"] {
        assert_eq!(send(with(kind, good.clone())).await.0, 415, "{kind}");
    }
    assert_eq!(send(desk.client.post(&url).bearer_auth(&desk.token).body(good.clone())).await.0, 415, "no type");
    for (body, word) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "invalid length"),
        ("{}", "subject is missing"),
        (r#"{"subject":{"type":"user","id":"x"}}"#, "action is missing"),
        (r#"{"subject":{"type":"user","id":"x"},"action":{"name":"y"}}"#, "resource is missing"),
        (r#"{"subject":"x"}"#, "invalid type"),
    ] {
        let (status, _, text) = send(with("application/json", body.to_owned())).await;
        assert_eq!(status, 400, "{body}");
        assert!(text.contains(word), "{body}: {text}");
    }
    let large = format!("{{\"context\":{{\"x\":\"{}\"}}}}", "x".repeat(2 << 20));
    assert_eq!(send(with("application/json", large)).await.0, 413);
    let many = json!({ "evaluations": vec![json!({}); 101] });
    assert_eq!(send(desk.post("evaluations", &many)).await.0, 400);
    let (status, _, _) = send(desk.client.get(&url).bearer_auth(&desk.token)).await;
    assert_eq!(status, 405);
    // And after all of this it answers.
    assert_eq!(desk.decided("evaluation", &desk.question(PRINT, 1)).await["decision"], true);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_a_revoked_token_is_refused_with_the_next_request_and_so_is_a_lost_right() {
    let desk = Desk::start().await;
    assert_eq!(desk.decided("evaluation", &desk.question(PRINT, 1)).await["decision"], true);
    let crew = &desk.booth.crew;
    let taken = crew.revoke_as(&crew.owner, &desk.clerk, PRINT).await;
    assert_eq!(taken.user_error("revokePermission"), "");
    assert_eq!(desk.decided("evaluation", &desk.question(PRINT, 1)).await["decision"], false);
    crew.call(&crew.owner, "revokeServiceToken", json!({ "tokenId": desk.token_id }), "tokenId").await;
    let refused = desk.post("evaluation", &desk.question(PRINT, 1)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_id_is_echoed_and_the_endpoints_are_told() {
    let desk = Desk::start().await;
    let id = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716";
    let header = |answer: &reqwest::Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let yes = desk.post("evaluation", &desk.question(PRINT, 1)).header("x-request-id", id).send().await.unwrap();
    assert_eq!((yes.status(), header(&yes).as_str()), (StatusCode::OK, id));
    let no = desk
        .client
        .post(format!("{}/access/v1/evaluations", desk.base))
        .header("x-request-id", id)
        .send()
        .await
        .unwrap();
    assert_eq!((no.status(), header(&no).as_str()), (StatusCode::UNAUTHORIZED, id));
    for odd in ["x".repeat(65), "two words".to_owned()] {
        let answer =
            desk.post("evaluation", &desk.question(PRINT, 1)).header("x-request-id", &odd).send().await.unwrap();
        assert_ne!(header(&answer), odd, "what cannot be an id is not sent back");
        assert_eq!(header(&answer).len(), 36);
    }
    let place = format!("{}/.well-known/authzen-configuration", desk.base);
    let told: Value = desk.client.get(&place).send().await.unwrap().json().await.unwrap();
    assert_eq!(told["access_evaluation_endpoint"], format!("{}/access/v1/evaluation", desk.base));
    assert_eq!(told["access_evaluations_endpoint"], format!("{}/access/v1/evaluations", desk.base));
    assert_eq!(told["policy_decision_point"], desk.base);
    assert_eq!(desk.client.post(&place).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    let odd = desk.client.get(&place).header("host", "evil.example/\"x").send().await.unwrap();
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
    let far: Value =
        desk.client.get(&place).header("host", "kith.example.com").send().await.unwrap().json().await.unwrap();
    assert_eq!(far["policy_decision_point"], "https://kith.example.com");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_of_asking_decide_the_same() {
    let desk = Desk::start().await;
    for (code, copies) in
        [(PRINT, 1), (PRINT, 10), (PRINT, 11), (PRINT, -1), (REPRINT, 1), ("refund.approve", 1), ("no.such", 1)]
    {
        let here = desk.decided("evaluation", &desk.question(code, copies)).await;
        let there = desk.booth.decide_with(&desk.token, &desk.clerk, code, json!({ "copies": copies })).await.data();
        assert_eq!(here["decision"], there["authorize"]["decision"], "{code} {copies}");
        assert_eq!(here["context"]["reason"], there["authorize"]["reason"], "{code} {copies}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_service_that_goes_ahead_is_counted_once_for_each_request_id() {
    let desk = Desk::start().await;
    let crew = &desk.booth.crew;
    crew.grant(&desk.clerk, PRINT, json!({ "countPerDay": 2 })).await;
    let mut go = desk.question(PRINT, 1);
    go["context"]["use"] = json!(true);
    let send = async |id: &str, body: &Value| {
        let answer = desk.post("evaluation", body).header("x-request-id", id).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    };
    for id in ["one", "one", "one", "two"] {
        let (status, text) = send(id, &go).await;
        assert!(status == 200 && text.starts_with("{\"decision\":true"), "{id}: {text}");
    }
    let (status, text) = send("three", &go).await;
    assert!(status == 200 && text.contains("LIMIT_COUNT_PER_DAY"), "{text}");
    let (_, text) = send("one", &go).await;
    assert!(
        text.starts_with("{\"decision\":true"),
        "h03: the retry of what was done, though the limit is reached: {text}"
    );
    let mut other = go.clone();
    other["resource"]["id"] = json!("B-2");
    crew.grant(&desk.clerk, PRINT, json!({ "countPerDay": 9 })).await;
    assert_eq!(send("one", &other).await.0, 409, "another question under the same id");
    other["context"]["use"] = json!("yes");
    assert_eq!(send("four", &other).await.0, 400);
    desk.stop().await;
}

/// Requirement 4.6 over the standard's own way of asking, for one question, for many, and for going ahead.
#[tokio::test(flavor = "multi_thread")]
async fn r4_6_who_was_not_certified_in_time_or_is_gone_gets_no_yes() {
    let desk = Desk::start().await;
    let app = &desk.booth.crew.app;
    let mut go = desk.question(PRINT, 1);
    go["context"]["use"] = json!(true);
    let no = async |reason: &str| {
        for question in [&desk.question(PRINT, 1), &go] {
            let decided = desk.decided("evaluation", question).await;
            assert_eq!(
                (&decided["decision"], &decided["context"]["reason"]),
                (&json!(false), &json!(reason)),
                "{decided}"
            );
        }
        let many = desk
            .decided("evaluations", &json!({ "evaluations": [desk.question(PRINT, 1), desk.question(PRINT, 2)] }))
            .await;
        for decided in many["evaluations"].as_array().unwrap() {
            assert_eq!(
                (&decided["decision"], &decided["context"]["reason"]),
                (&json!(false), &json!(reason)),
                "{many}"
            );
        }
    };
    app.clock.advance(chrono::TimeDelta::days(7));
    no("NOT_CERTIFIED").await;
    app.sql("UPDATE accounts SET state = 'DISABLED'").await;
    no("SUBJECT_INACTIVE").await;
    desk.stop().await;
}
