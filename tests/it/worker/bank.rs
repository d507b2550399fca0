//! A bank behind HTTP: it remembers what it did by key, and answers late, in half, in nonsense or not at all, as it is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// What the bank does with the next request; after the last one it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// What it is asked to, and says so.
    Work,
    /// The same, as if the request had come twice.
    WorkTwice,
    /// Does it, and says so after everybody has stopped waiting.
    WorkLate,
    /// Stops waiting to be asked, does it later on, and says nothing.
    HangThenWork,
    /// Does it and closes.
    WorkAndClose,
    /// Closes without doing it.
    Close,
    /// Does it and sends half an answer.
    WorkAndCutOff,
    /// Does it and says something else.
    WorkAndGarble,
    /// Does it and has a fault afterwards.
    WorkAndFault,
    /// Does not do it and has a fault.
    Fault,
    /// Does not know who asks.
    Strange,
    /// Has no time.
    Busy,
}

/// Every way to go wrong.
pub const WAYS: [Does; 11] = [
    Does::WorkTwice,
    Does::WorkLate,
    Does::HangThenWork,
    Does::WorkAndClose,
    Does::Close,
    Does::WorkAndCutOff,
    Does::WorkAndGarble,
    Does::WorkAndFault,
    Does::Fault,
    Does::Strange,
    Does::Busy,
];

/// What stands in the bank's books.
#[derive(Debug, Default)]
pub struct Books {
    holds: HashMap<String, (&'static str, i64)>,
    refunds: HashMap<String, i64>,
    /// Each time that money was really taken or given back.
    pub taken: Vec<i64>,
    pub given_back: Vec<i64>,
    /// Cards that the vault has forgotten, by token.
    pub forgotten: Vec<String>,
    /// Paths in the order in which they came.
    pub asked: Vec<String>,
    /// Cards that are declined.
    pub declines: bool,
}

pub struct Bank {
    pub url: String,
    pub plan: Arc<Mutex<Vec<Does>>>,
    pub books: Arc<Mutex<Books>>,
}

impl Bank {
    pub async fn open(plan: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/pay", listener.local_addr().unwrap());
        let (plan, books) = (Arc::new(Mutex::new(plan.to_vec())), Arc::new(Mutex::new(Books::default())));
        let (plans, all) = (Arc::clone(&plan), Arc::clone(&books));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&plans), Arc::clone(&all)));
            }
        });
        Self { url, plan, books }
    }

    /// How much is held of cards and was neither taken nor let go.
    pub async fn held(&self) -> i64 {
        self.books.lock().await.holds.values().filter(|(state, _)| *state == "authorised").map(|(_, n)| n).sum()
    }
}

impl Books {
    fn work(&mut self, path: &str, body: &Value) -> Value {
        let key = body["key"].as_str().unwrap_or_default().to_owned();
        let amount = body["amount"].as_i64().unwrap_or_default();
        let state = self.holds.get(&key).copied();
        match path {
            "authorise" if state.is_none() && self.declines => {
                self.holds.insert(key, ("declined", amount));
                json!({ "status": "declined", "reason": "CARD_DECLINED" })
            }
            "authorise" => match state {
                None => {
                    self.holds.insert(key.clone(), ("authorised", amount));
                    json!({ "status": "authorised", "reference": format!("hold-{key}") })
                }
                Some(("authorised" | "captured", _)) => {
                    json!({ "status": "authorised", "reference": format!("hold-{key}") })
                }
                Some(_) => json!({ "status": "declined", "reason": "CARD_DECLINED" }),
            },
            "capture" => match state {
                Some(("authorised", held)) if held == amount && body["reference"] == format!("hold-{key}") => {
                    self.taken.push(amount);
                    self.holds.insert(key.clone(), ("captured", amount));
                    json!({ "status": "captured", "reference": format!("taken-{key}") })
                }
                Some(("captured", _)) => json!({ "status": "captured", "reference": format!("taken-{key}") }),
                _ => json!({ "status": "declined", "reason": "NOTHING_HELD" }),
            },
            "void" => {
                if !matches!(state, Some(("captured", _))) {
                    self.holds.insert(key, ("voided", 0));
                }
                json!({ "status": "voided" })
            }
            "refund" => {
                let of = body["of"].as_str().unwrap_or_default();
                if !matches!(self.holds.get(of), Some(("captured", _))) {
                    return json!({ "status": "declined", "reason": "NOTHING_TAKEN" });
                }
                if self.refunds.insert(key.clone(), amount).is_none() {
                    self.given_back.push(amount);
                }
                json!({ "status": "refunded", "reference": format!("back-{key}") })
            }
            "query" => match state {
                None => json!({ "status": "unseen" }),
                Some(("authorised", _)) => json!({ "status": "authorised", "reference": format!("hold-{key}") }),
                Some(("captured", _)) => json!({ "status": "captured", "reference": format!("taken-{key}") }),
                Some(("declined", _)) => json!({ "status": "declined", "reason": "CARD_DECLINED" }),
                Some(_) => json!({ "status": "voided" }),
            },
            "cards/remove" => {
                self.forgotten.push(body["token"].as_str().unwrap().to_owned());
                json!({ "status": "removed" })
            }
            "cards" => {
                json!({ "token": format!("tok_{}", body["number"].as_str().unwrap().len()), "lastFour": "4242" })
            }
            other => panic!("{other} is not a path of the gateway"),
        }
    }
}

async fn serve(mut stream: TcpStream, plan: Arc<Mutex<Vec<Does>>>, books: Arc<Mutex<Books>>) {
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
        assert!(
            head.to_lowercase().contains("kith-signature: t=") && head.to_lowercase().contains("idempotency-key: ")
        );
        let path = head.split(' ').nth(1).unwrap().trim_start_matches("/pay/").to_owned();
        let body: Value = serde_json::from_str(&body).unwrap();
        let does = {
            let mut plan = plan.lock().await;
            if plan.is_empty() { Does::Work } else { plan.remove(0) }
        };
        books.lock().await.asked.push(path.clone());
        if does == Does::HangThenWork {
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let skips = [Does::Close, Does::Fault, Does::Strange, Does::Busy].contains(&does);
        let done = if skips { Value::Null } else { books.lock().await.work(&path, &body) };
        if does == Does::WorkTwice {
            assert_eq!(books.lock().await.work(&path, &body), done, "the same request twice is one");
        }
        let answer =
            |status: u16, body: &str| format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let text = match does {
            Does::Work | Does::WorkTwice => answer(200, &done.to_string()),
            Does::WorkLate => {
                tokio::time::sleep(Duration::from_millis(600)).await;
                answer(200, &done.to_string())
            }
            Does::WorkAndClose | Does::Close | Does::HangThenWork => return,
            Does::WorkAndCutOff => {
                let _ = stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 900\r\n\r\n{\"status\": \"auth").await;
                return;
            }
            Does::WorkAndGarble => answer(200, "<html>captured!</html>"),
            Does::WorkAndFault => answer(503, &done.to_string()),
            Does::Fault => answer(500, "oops"),
            Does::Strange => answer(401, "{}"),
            Does::Busy => answer(429, "{}"),
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
