//! A real browser for the tests of the playground: headless Chromium, driven over the DevTools protocol.
//!
//! | file | what it is |
//! |---|---|
//! | `mod.rs` | [`Browser`]: starting and ending Chromium |
//! | `page.rs` | [`Page`]: going somewhere, asking, screenshots |
//! | `devtools.rs` | commands, answers and events over Chromium's pipe |
//!
//! Chromium resolves no name here and connects to this machine only, so that a page that loads is a page that works
//! without internet. It talks to us over a pipe instead of a port: the pipe closes when this process ends, however it
//! ends, and Chromium ends with it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod devtools;
mod page;
mod tests;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use devtools::DevTools;
pub use page::Page;

/// How long anything in the browser may take, Chromium's start on a busy machine included.
const DEADLINE: Duration = Duration::from_secs(60);

const HOW_TO_INSTALL: &str = "\
Chromium was not found on PATH (nor in $CHROMIUM). The tests of the playground need it. Install it:\n\
\n\
    Debian:  apt-get update && apt-get install -y chromium\n\
    Fedora:  dnf install chromium\n\
\n\
or run scripts/test, which does this where it may.";

/// What Chromium is started with: nothing of the user's, nothing in the background, no way out of this machine.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1280,900",
    "--remote-debugging-pipe",
];

/// A running Chromium.
pub struct Browser {
    devtools: DevTools,
    chromium: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium with a new, empty profile.
    ///
    /// # Panics
    /// Without Chromium: the test fails and says how to install it.
    pub fn start() -> Self {
        let program = find().unwrap_or_else(|| panic!("{HOW_TO_INSTALL}"));
        let profile = tempfile::Builder::new().prefix("kith-chromium-").tempdir().unwrap();
        // Chromium reads commands from descriptor 3 and answers on descriptor 4.
        let mut chromium = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(program)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(FLAGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let devtools = DevTools::over(chromium.stdin.take().unwrap(), chromium.stdout.take().unwrap());
        Self { devtools, chromium, _profile: profile }
    }

    /// A new, blank page.
    pub async fn page(&self) -> Page {
        let target = self.devtools.call(None, "Target.createTarget", json!({ "url": "about:blank" })).await.unwrap();
        Page::attach(self.devtools.clone(), target["targetId"].as_str().unwrap()).await
    }

    /// Closes Chromium and waits for its end, so that its profile can go.
    pub async fn close(mut self) {
        self.devtools.call(None, "Browser.close", json!({})).await.unwrap();
        tokio::time::timeout(DEADLINE, self.chromium.wait()).await.unwrap().unwrap();
    }
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
