//! A verifier over HTTP that is down, slow, contradictory or talks nonsense: nobody is certified by it, and nobody condemned.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kith::config;
use kith::providers::verify::http::HttpVerifier;
use kith::providers::verify::{FaceVerifier, IdentityVerifier};
use kith::telemetry::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::{NAME, NUMBER, certification, document, photo, session, somebody, submit};
use crate::support::app::{self, TestApp};

/// What the verifier does with the next question; the last one again and again.
#[derive(Debug, Clone, Copy)]
enum Does {
    Says(&'static str, i64),
    SaysOfAnother,
    Garbage,
    Fails,
    Hangs,
    Closes,
}

struct Service {
    url: String,
    plan: Arc<Mutex<Vec<Does>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Service {
    async fn start(plan: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let (plan, asked) = (Arc::new(Mutex::new(plan.to_vec())), Arc::new(Mutex::new(Vec::new())));
        let (plans, asks) = (Arc::clone(&plan), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&plans), Arc::clone(&asks)));
            }
        });
        Self { url, plan, asked }
    }

    async fn app(&self) -> TestApp {
        let app = TestApp::start().await;
        let settings = config::Certification {
            verifier_url: Some(self.url.clone()),
            verifier_secret: Some(Secret::new("shared with the verifier".to_owned())),
            timeout_ms: 300,
            breaker_failures: 100,
            ..app::config().certification
        };
        let clock = Arc::clone(&app.door.clock);
        let verifier = Arc::new(HttpVerifier::new(&settings, clock).unwrap());
        app.certified_by(|certifier| {
            certifier.identity = Arc::clone(&verifier) as Arc<dyn IdentityVerifier>;
            certifier.face = verifier as Arc<dyn FaceVerifier>;
        })
    }
}

async fn serve(mut stream: TcpStream, plan: Arc<Mutex<Vec<Does>>>, asked: Arc<Mutex<Vec<Value>>>) {
    let (mut got, mut chunk) = (Vec::new(), [0_u8; 65_536]);
    loop {
        let body = loop {
            if let Some(at) = got.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&got[..at]).to_lowercase();
                let length: usize =
                    head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
                if got.len() >= at + 4 + length {
                    assert!(head.contains("kith-signature: t="), "it is signed");
                    break got[at + 4..].to_vec();
                }
            }
            match stream.read(&mut chunk).await {
                Ok(n) if n > 0 => got.extend_from_slice(&chunk[..n]),
                _ => return,
            }
        };
        got.clear();
        let question: Value = serde_json::from_slice(&body).unwrap();
        let id = question["id"].clone();
        asked.lock().await.push(question);
        let does = {
            let mut plan = plan.lock().await;
            if plan.len() > 1 { plan.remove(0) } else { plan[0] }
        };
        let (status, body) = match does {
            Does::Says(verdict, score) => (200, json!({ "id": id, "verdict": verdict, "score": score }).to_string()),
            Does::SaysOfAnother => (200, json!({ "id": "another", "verdict": "match", "score": 99 }).to_string()),
            Does::Garbage => (200, "<html>ok</html>".to_owned()),
            Does::Fails => (503, String::new()),
            Does::Hangs => return tokio::time::sleep(Duration::from_secs(30)).await,
            Does::Closes => return,
        };
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_4_a_verifier_that_is_down_slow_or_contradictory_decides_nothing_and_is_asked_again() {
    let faults = [Does::Fails, Does::Hangs, Does::Says("match", 3), Does::SaysOfAnother, Does::Says("match", 97)];
    let service = Service::start(&faults).await;
    let app = service.app().await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    let asked = document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    assert_eq!(asked["certifyByDocument"]["certification"]["realName"]["state"], "WAITING");
    for tried in 1..4 {
        app.clock.advance(TimeDelta::minutes(2));
        assert_eq!(app.worker().certify(false).await.unwrap(), 1);
        assert_eq!(certification(&app, &who).await["realName"]["state"], "WAITING", "after {tried} tries more");
    }
    assert_eq!(app.worker().certify(false).await.unwrap(), 0, "not before its time");
    app.clock.advance(TimeDelta::minutes(2));
    app.worker().certify(false).await.unwrap();
    assert_eq!(certification(&app, &who).await["realName"]["state"], "PASSED");
    let questions = service.asked.lock().await.clone();
    assert_eq!(questions.len(), 5);
    assert!(questions.iter().all(|q| q["id"] == questions[0]["id"]), "the same question each time");
    assert_eq!((&questions[0]["number"], &questions[0]["region"]), (&json!(NUMBER), &json!("MAINLAND")));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_so_many_tries_an_operator_looks_and_a_clear_answer_is_taken_at_once() {
    let service = Service::start(&[Does::Garbage, Does::Closes, Does::Garbage]).await;
    let app = service.app().await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    for _ in 0..8 {
        app.clock.advance(TimeDelta::hours(1));
        app.worker().certify(false).await.unwrap();
    }
    assert_eq!(service.asked.lock().await.len(), 5, "then it is left to people");
    let operator = app.operator(&["platform.certification.review"]).await;
    let queue = app.ok(&operator, "{ verificationQueue { edges { node { id reason } } } }", json!({})).await;
    let node = &queue["verificationQueue"]["edges"][0]["node"];
    assert_eq!(node["reason"], "VERIFIER_GARBLED");
    let decide = "mutation($input: DecideVerificationInput!) { decideVerification(input: $input) { verificationId } }";
    app.look_at(&operator, &node["id"]).await;
    app.ok(&operator, decide, json!({ "input": { "verificationId": node["id"], "passed": true } })).await;
    *service.plan.lock().await = vec![Does::Says("mismatch", 20), Does::Says("match", 91)];
    let who = crate::support::app::Persona { token: app.log_in(&who.login).await, ..who };
    let id = session(&app, &who).await;
    let wrong = submit(&app, &who, &id, photo()).await.data();
    assert_eq!(wrong["submitPersonPhoto"]["session"]["state"], "FAILED", "{wrong}");
    let id = session(&app, &who).await;
    let right = submit(&app, &who, &id, photo()).await.data();
    assert_eq!(right["submitPersonPhoto"]["session"]["state"], "PASSED");
    let face = service.asked.lock().await.last().unwrap().clone();
    assert!(face["photo"].as_str().unwrap().starts_with("/9j/") && face["gesture"].is_string());
    app.stop().await;
}
