//! A page: what a person would do with it, and what it did behind the scenes.

use std::fs;
use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::DEADLINE;
use super::devtools::DevTools;

/// One tab of the browser.
pub struct Page {
    devtools: DevTools,
    session: String,
}

impl Page {
    /// Attaches to a blank tab and starts listening, before anything is loaded.
    pub(super) async fn attach(devtools: DevTools, target: &str) -> Self {
        let params = json!({ "targetId": target, "flatten": true });
        let attached = devtools.call(None, "Target.attachToTarget", params).await.unwrap();
        let page = Self { devtools, session: attached["sessionId"].as_str().unwrap().to_owned() };
        for method in ["Page.enable", "Runtime.enable", "Network.enable", "Log.enable"] {
            page.call(method, json!({})).await;
        }
        page.call(
            "Target.setAutoAttach",
            json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true }),
        )
        .await;
        page
    }

    /// Goes to an address and waits until everything that the page asks for at once is loaded.
    ///
    /// # Panics
    /// When the address cannot be loaded.
    pub async fn goto(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        self.wait_for("document.readyState === 'complete'").await;
    }

    /// Runs an expression in the page, awaits it if it is a promise, and gives its value as JSON.
    ///
    /// # Panics
    /// When the expression throws.
    pub async fn eval(&self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", params).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When it does not become true; says what went wrong in the page by then.
    pub async fn wait_for(&self, expression: &str) {
        let start = Instant::now();
        while self.eval(&format!("Boolean({expression})")).await != json!(true) {
            self.still_time(start, expression).await;
        }
    }

    /// Waits until something holds of what the page did, such as its requests.
    ///
    /// # Panics
    /// When it does not come to hold.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool, what: &str) {
        let start = Instant::now();
        while !holds(self) {
            self.still_time(start, what).await;
        }
    }

    async fn still_time(&self, start: Instant, what: &str) {
        assert!(start.elapsed() < DEADLINE, "never: {what}\n{:#?}\n{:#?}", self.requests(), self.problems());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    /// Saves a picture of what a person would see as PNG; makes the folder if need be.
    pub async fn screenshot(&self, file: impl AsRef<Path>) {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        let file = file.as_ref();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// The address of every request of the browser so far, workers' and WebSockets' included, in order.
    pub fn requests(&self) -> Vec<String> {
        let address = |event: &Value| match event["method"].as_str()? {
            "Network.requestWillBeSent" => event["params"]["request"]["url"].as_str().map(str::to_owned),
            "Network.webSocketCreated" => event["params"]["url"].as_str().map(str::to_owned),
            _ => None,
        };
        self.devtools.events().iter().filter_map(address).collect()
    }

    /// What went wrong so far: errors on the console, exceptions nobody caught, requests that failed, and what the
    /// content security policy refused.
    pub fn problems(&self) -> Vec<String> {
        let problem = |event: &Value| {
            let params = &event["params"];
            match event["method"].as_str()? {
                "Log.entryAdded" if params["entry"]["level"] == "error" => Some(format!(
                    "{}: {} {}",
                    params["entry"]["source"], params["entry"]["text"], params["entry"]["url"]
                )),
                "Runtime.consoleAPICalled" if params["type"] == "error" => Some(format!("console: {}", params["args"])),
                "Runtime.exceptionThrown" => Some(format!("exception: {}", params["exceptionDetails"])),
                "Network.loadingFailed" if params["canceled"] != true => {
                    Some(format!("failed: {} {}", params["errorText"], params["blockedReason"]))
                }
                _ => None,
            }
        };
        self.devtools.events().iter().filter_map(problem).collect()
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        match self.devtools.call(Some(&self.session), method, params).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error}"),
        }
    }
}
