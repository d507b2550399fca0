//! Messages through a gateway: a real server that refuses, delays, hangs, cuts off, answers nonsense.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kith::config;
use kith::providers::messages::MessageSender;
use kith::providers::messages::http::HttpSender;
use kith::providers::signed::sign;
use kith::telemetry::Secret;
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::support::app::{self, Persona, TestApp};

const SECRET: &str = "shared with the gateway";
const PHONE: &str = "+8613812345634";
const ACCEPTED: &str = "{\"accepted\": true}";

/// What the gateway does with the next request; the last one again and again.
#[derive(Debug, Clone)]
enum Does {
    /// Answers with a status and a body.
    Answer(u16, &'static str),
    /// Answers that it is elsewhere.
    Redirect(String),
    /// Reads and says nothing.
    Hang,
    /// Promises more than it sends, and goes.
    CutOff,
    /// Closes without a word.
    Close,
    /// Sends without end.
    Flood,
}

/// A gateway: heads and bodies that came in.
struct Gateway {
    url: String,
    plan: Arc<Mutex<Vec<Does>>>,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Gateway {
    async fn start(plan: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/messages", listener.local_addr().unwrap());
        let (plan, seen) = (Arc::new(Mutex::new(plan.to_vec())), Arc::new(Mutex::new(Vec::new())));
        let (plans, sees) = (Arc::clone(&plan), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&plans), Arc::clone(&sees)));
            }
        });
        Self { url, plan, seen }
    }

    async fn requests(&self) -> usize {
        self.seen.lock().await.len()
    }

    fn settings(&self) -> config::Messages {
        config::Messages {
            gateway_url: Some(self.url.clone()),
            gateway_secret: Some(Secret::new(SECRET.to_owned())),
            timeout_ms: 300,
            max_attempts: 3,
            breaker_failures: 100,
            ..app::config().messages
        }
    }

    fn worker(&self, app: &TestApp, settings: config::Messages) -> Worker {
        let sender = HttpSender::new(&settings, Arc::clone(&app.door.clock)).unwrap();
        Worker::new(Arc::clone(&app.door), Vec::new(), super::settings())
            .with_sender(Arc::new(sender) as Arc<dyn MessageSender>, settings)
    }
}

async fn serve(mut stream: TcpStream, plan: Arc<Mutex<Vec<Does>>>, seen: Arc<Mutex<Vec<(String, String)>>>) {
    let mut got = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        let (head, body) = loop {
            let text = String::from_utf8_lossy(&got).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break (head.to_owned(), body.to_owned());
                }
            }
            match stream.read(&mut chunk).await {
                Ok(n) if n > 0 => got.extend_from_slice(&chunk[..n]),
                _ => return,
            }
        };
        got.clear();
        seen.lock().await.push((head, body));
        let does = {
            let mut plan = plan.lock().await;
            if plan.len() > 1 { plan.remove(0) } else { plan[0].clone() }
        };
        let answer = match does {
            Does::Answer(status, body) => {
                format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            }
            Does::Redirect(to) => format!("HTTP/1.1 307 x\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
            Does::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return;
            }
            Does::CutOff => {
                let _ = stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 900\r\n\r\n{\"accepted\": tr").await;
                return;
            }
            Does::Close => return,
            Does::Flood => {
                let _ = stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 999999999999\r\n\r\n").await;
                while stream.write_all(&[b' '; 4096]).await.is_ok() {}
                return;
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Asks for a code; gives its id.
async fn ask(app: &TestApp, who: &Persona) -> Value {
    let send = "mutation($p: String!) { sendPhoneCode(input: { phone: $p }) { codeId userErrors { code } } }";
    app.ok(who, send, json!({ "p": PHONE })).await["sendPhoneCode"]["codeId"].clone()
}

async fn delivery(app: &TestApp, who: &Persona, code: &Value) -> Value {
    let query = "query($id: ID!) { viewer { codeDelivery(codeId: $id) { state failure } } }";
    app.ok(who, query, json!({ "id": code })).await["viewer"]["codeDelivery"].clone()
}

/// Lets the worker send for a while of the test's clock.
async fn work(app: &TestApp, worker: &Worker, seconds: usize) -> u64 {
    let never = CancellationToken::new();
    let mut sent = worker.send(&never).await.unwrap();
    for _ in 0..seconds {
        app.clock.advance(chrono::TimeDelta::seconds(1));
        sent += worker.send(&never).await.unwrap();
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_one_signed_request() {
    let app = TestApp::start().await;
    let gateway = Gateway::start(&[Does::Answer(200, ACCEPTED)]).await;
    let who = app.account("meimei").await;
    let code = ask(&app, &who).await;
    let worker = gateway.worker(&app, gateway.settings());
    assert_eq!(work(&app, &worker, 3).await, 1);
    assert_eq!(delivery(&app, &who, &code).await["state"], "SENT");
    let seen = gateway.seen.lock().await;
    let [(head, body)] = seen.as_slice() else { panic!("{} requests", seen.len()) };
    let header = |name: &str| {
        head.lines().find_map(|line| line.to_lowercase().starts_with(name).then(|| line.split_once(": ").unwrap().1))
    };
    let at = kith::kernel::Clock::now(&*app.clock).timestamp() - 3;
    assert_eq!(header("kith-signature"), Some(format!("t={at},v1={}", sign(SECRET, at, body.as_bytes())).as_str()));
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["to"], &body["channel"], &body["template"]), (&json!(PHONE), &json!("SMS"), &json!("code.bind")));
    assert_eq!(header("idempotency-key"), body["id"].as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_6_what_passes_is_tried_again_under_the_same_id() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let elsewhere = Gateway::start(&[Does::Answer(200, ACCEPTED)]).await;
    for fault in [
        Does::Answer(500, "oops"),
        Does::Answer(429, ""),
        Does::Answer(403, ""),
        Does::Answer(200, "<html>welcome</html>"),
        Does::Answer(200, "{\"accepted\": false}"),
        Does::Answer(204, ""),
        Does::Redirect(elsewhere.url.clone()),
        Does::Hang,
        Does::CutOff,
        Does::Close,
        Does::Flood,
    ] {
        let gateway = Gateway::start(&[fault.clone(), Does::Answer(200, ACCEPTED)]).await;
        let code = ask(&app, &who).await;
        let worker = gateway.worker(&app, gateway.settings());
        let began = Instant::now();
        worker.send(&CancellationToken::new()).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(5), "{fault:?} took {:?}", began.elapsed());
        let waiting = delivery(&app, &who, &code).await;
        assert_eq!(waiting, json!({ "state": "QUEUED", "failure": "PROVIDER_FAULT" }), "{fault:?}");
        assert_eq!(work(&app, &worker, 2).await, 1, "{fault:?}");
        assert_eq!(delivery(&app, &who, &code).await["state"], "SENT", "{fault:?}");
        let seen = gateway.seen.lock().await;
        assert_eq!(seen.len(), 2);
        let id = |at: usize| serde_json::from_str::<Value>(&seen[at].1).unwrap()["id"].clone();
        assert_eq!(id(0), id(1));
        app.clock.advance(chrono::TimeDelta::minutes(61));
        let token = app.log_in(&who.login).await;
        assert!(!token.is_empty());
    }
    assert_eq!(elsewhere.requests().await, 0, "a redirect is not followed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_6_a_message_is_given_up_after_some_tries_and_at_once_for_a_refused_recipient() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let gateway = Gateway::start(&[Does::Answer(500, "")]).await;
    let worker = gateway.worker(&app, gateway.settings());
    let code = ask(&app, &who).await;
    work(&app, &worker, 20).await;
    assert_eq!(delivery(&app, &who, &code).await, json!({ "state": "FAILED", "failure": "PROVIDER_FAULT" }));
    assert_eq!(gateway.requests().await, 3);

    *gateway.plan.lock().await = vec![Does::Answer(422, "{}")];
    let code = ask(&app, &who).await;
    work(&app, &worker, 5).await;
    assert_eq!(delivery(&app, &who, &code).await, json!({ "state": "FAILED", "failure": "RECIPIENT_REFUSED" }));
    assert_eq!(gateway.requests().await, 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_fails_is_left_alone_and_found_again() {
    let app = TestApp::start().await;
    let gateway = Gateway::start(&[Does::Answer(503, "")]).await;
    let settings = config::Messages { breaker_failures: 2, breaker_pause_s: 30, ..gateway.settings() };
    let worker = gateway.worker(&app, settings);
    let who = app.account("meimei").await;
    let code = ask(&app, &who).await;
    work(&app, &worker, 1).await;
    assert_eq!(gateway.requests().await, 2);
    work(&app, &worker, 3).await;
    assert_eq!(gateway.requests().await, 2, "it rests: nothing is sent, and no try is counted");
    assert_eq!(delivery(&app, &who, &code).await["state"], "QUEUED");
    *gateway.plan.lock().await = vec![Does::Answer(200, ACCEPTED)];
    work(&app, &worker, 40).await;
    assert_eq!(delivery(&app, &who, &code).await["state"], "SENT");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_code_is_not_sent_any_more() {
    let app = TestApp::start().await;
    let gateway = Gateway::start(&[Does::Answer(200, ACCEPTED)]).await;
    let who = app.account("meimei").await;
    let code = ask(&app, &who).await;
    app.clock.advance(chrono::TimeDelta::minutes(11));
    work(&app, &gateway.worker(&app, gateway.settings()), 1).await;
    assert_eq!(delivery(&app, &who, &code).await, json!({ "state": "FAILED", "failure": "EXPIRED" }));
    assert_eq!(gateway.requests().await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_while_it_sends_is_followed_by_another() {
    let app = TestApp::start().await;
    let gateway = Gateway::start(&[Does::Hang, Does::Answer(200, ACCEPTED)]).await;
    let who = app.account("meimei").await;
    let code = ask(&app, &who).await;
    let dying = gateway.worker(&app, config::Messages { timeout_ms: 60_000, ..gateway.settings() });
    let cut = tokio::time::timeout(Duration::from_millis(500), dying.send(&CancellationToken::new())).await;
    assert!(cut.is_err(), "it was cut off in the middle");
    let next = gateway.worker(&app, gateway.settings());
    assert_eq!(work(&app, &next, 1).await, 0, "the lease still holds");
    app.clock.advance(chrono::TimeDelta::minutes(25));
    // The lease of a batch of slow messages is longer than a code lives; a notice would be sent.
    app.sql("UPDATE messages SET expires_at = expires_at + interval '1 day'").await;
    assert_eq!(work(&app, &next, 1).await, 1);
    let sent = delivery(&app, &who, &code).await;
    assert_eq!(sent["state"], "SENT");
    assert_eq!(gateway.requests().await, 2);
    app.stop().await;
}
