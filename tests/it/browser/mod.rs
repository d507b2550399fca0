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
//! ends, and Chromium ends with it; the shell that started it then removes its profile.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod devtools;
mod page;
mod playground;
mod tests;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
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

/// Chromium reads commands from descriptor 3 and answers on descriptor 4. `$0` is the profile. Some of its processes end
/// a little later than the first and may still write there.
const RUN: &str = r#"
"$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1
for try in 1 2 3 4 5 6 7 8 9; do rm -rf "$0" 2>/dev/null && break; sleep 0.2; done
"#;

/// A running Chromium. It ends when this value and its pages are dropped, or with the process at the latest.
pub struct Browser {
    devtools: DevTools,
    shell: Child,
    profile: PathBuf,
}

impl Browser {
    /// Starts Chromium with a new, empty profile.
    ///
    /// # Panics
    /// Without Chromium: the test fails and says how to install it.
    pub fn start() -> Self {
        let program = find().unwrap_or_else(|| panic!("{HOW_TO_INSTALL}"));
        let profile = tempfile::Builder::new().prefix("kith-chromium-").tempdir().unwrap().keep();
        let mut shell = Command::new("sh")
            .args(["-c", RUN])
            .arg(&profile)
            .arg(program)
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(FLAGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own: what is sent to the test's group must not end the shell before it has cleaned up.
            .process_group(0)
            .spawn()
            .unwrap();
        let devtools = DevTools::over(shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
        Self { devtools, shell, profile }
    }

    /// A new, blank page.
    pub async fn page(&self) -> Page {
        let target = self.devtools.call(None, "Target.createTarget", json!({ "url": "about:blank" })).await.unwrap();
        Page::attach(self.devtools.clone(), target["targetId"].as_str().unwrap()).await
    }

    /// Closes Chromium and waits until it has gone, with its profile.
    pub async fn close(mut self) {
        self.devtools.call(None, "Browser.close", json!({})).await.unwrap();
        tokio::time::timeout(DEADLINE, self.shell.wait()).await.unwrap().unwrap();
        assert!(!self.profile.exists(), "{}", self.profile.display());
    }
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
