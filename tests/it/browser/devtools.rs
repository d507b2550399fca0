//! The DevTools protocol: JSON messages that end with a zero byte. A command has a number, its answer has the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};

use super::DEADLINE;

type Answer = Result<Value, String>;

/// A connection to Chromium; clones share it.
#[derive(Clone)]
pub struct DevTools {
    outgoing: mpsc::UnboundedSender<Value>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
    events: Vec<Value>,
}

impl DevTools {
    /// Talks over the two ends of Chromium's pipe until it closes.
    pub fn over(mut to: ChildStdin, from: ChildStdout) -> Self {
        let (outgoing, mut queue) = mpsc::unbounded_channel::<Value>();
        let devtools = Self { outgoing, state: Arc::default() };
        tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if to.write_all(format!("{message}\0").as_bytes()).await.is_err() {
                    break;
                }
            }
        });
        // The reader must not keep the writer alive, or the pipe would never close.
        let (state, weak) = (devtools.state.clone(), devtools.outgoing.downgrade());
        tokio::spawn(async move {
            let mut from = BufReader::new(from);
            let mut message = Vec::new();
            while from.read_until(0, &mut message).await.is_ok_and(|read| read > 0) {
                if message.pop() == Some(0) {
                    received(&state, &weak, serde_json::from_slice(&message).unwrap());
                }
                message.clear();
            }
            // Whoever still waits learns that no answer will come.
            state.lock().unwrap().waiting.clear();
        });
        devtools
    }

    /// Sends a command, to the browser or to a page's session, and waits for its answer.
    pub async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Answer {
        let answer = {
            let mut state = self.state.lock().unwrap();
            state.last += 1;
            let mut message = json!({ "id": state.last, "method": method, "params": params });
            if let Some(session) = session {
                message["sessionId"] = json!(session);
            }
            let (sender, answer) = oneshot::channel();
            let id = state.last;
            state.waiting.insert(id, sender);
            self.outgoing.send(message).map_err(|_| "Chromium has gone")?;
            answer
        };
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(format!("Chromium ended during {method}")),
            Err(_) => Err(format!("Chromium did not answer {method}")),
        }
    }

    /// All events so far, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.state.lock().unwrap().events.clone()
    }
}

fn received(state: &Mutex<State>, outgoing: &mpsc::WeakUnboundedSender<Value>, mut message: Value) {
    let mut state = state.lock().unwrap();
    if let Some(id) = message["id"].as_u64() {
        if let Some(waiting) = state.waiting.remove(&id) {
            let answer = match message.get("error") {
                Some(error) => Err(error.to_string()),
                None => Ok(message["result"].take()),
            };
            // Nobody waits any more when the deadline has passed.
            let _ = waiting.send(answer);
        }
        return;
    }
    if message["method"] == "Target.attachedToTarget" && message["params"]["waitingForDebugger"] == true {
        // A worker of the page: it stands still until its requests are listened to as well.
        if let Some(outgoing) = outgoing.upgrade() {
            for method in ["Network.enable", "Runtime.enable", "Log.enable", "Runtime.runIfWaitingForDebugger"] {
                state.last += 1;
                let session = &message["params"]["sessionId"];
                let _ = outgoing.send(json!({ "id": state.last, "method": method, "sessionId": session }));
            }
        }
    }
    state.events.push(message);
}
