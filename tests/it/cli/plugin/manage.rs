//! `kith plugin list`, `promote` and `rollback`, against the demo's server.

use std::path::Path;
use std::time::{Duration, Instant};

use kith_plugin_fixtures::{Case, build};
use serde_json::Value;

use super::super::{Server, kith, run};
use super::{DRAFT, Desk};

/// The demo's server with the token of a persona.
struct Operator {
    server: Server,
    folder: tempfile::TempDir,
    token: String,
}

/// The token of one of the demo's personas.
async fn token(server: &Server, persona: &str) -> String {
    let personas: Value =
        reqwest::get(format!("http://{}/demo/personas", server.address)).await.unwrap().json().await.unwrap();
    let all = personas["personas"].as_array().unwrap();
    let found = all.iter().find(|one| one["id"] == persona).unwrap_or_else(|| panic!("{personas}"));
    found["token"].as_str().unwrap().to_owned()
}

impl Operator {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(kith(folder.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
        let token = token(&server, "operator").await;
        Self { server, folder, token }
    }

    /// Runs a verb as the operator: exit code, standard output, standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        self.run_as(&self.token, args)
    }

    fn run_as(&self, token: &str, args: &[&str]) -> (i32, String, String) {
        let mut command = kith(self.folder.path());
        command.arg("plugin").args(args).args(["--url", &format!("http://{}", self.server.address)]);
        run(command.env("KITH_TOKEN", token))
    }

    fn refused(&self, args: &[&str], code: &str) {
        let (exit, out, err) = self.run(args);
        assert_eq!((exit, out.as_str()), (1, ""), "{args:?}: {err}");
        assert!(err.starts_with(&format!("kith: {code}: ")) && err.lines().count() == 1, "{args:?}: {err}");
    }

    /// Lists until the list holds a text.
    fn until(&self, text: &str) -> String {
        let before = Instant::now();
        loop {
            let (code, out, err) = self.run(&["list"]);
            assert_eq!(code, 0, "{err}");
            if out.contains(text) {
                return out;
            }
            assert!(before.elapsed() < Duration::from_secs(60), "{text:?} never came: {out}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Puts a library and its manifest into the server's folder, the manifest last.
    fn drop(&self, from: &Path, stem: &str) {
        for name in [format!("{stem}.so"), format!("{stem}.kith.json")] {
            let to = self.folder.path().join("data/plugins").join(&name);
            let part = to.with_extension("part");
            std::fs::copy(from.join(&name), &part).unwrap();
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o644)).unwrap();
            std::fs::rename(part, to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_a_release_is_shadowed_promoted_and_rolled_back_from_the_command_line() {
    let operator = Operator::start().await;
    let list = operator.until("acme-print");
    assert!(list.contains("risk-guard") && list.contains("in process") && list.contains("isolated"), "{list}");
    let (code, json, _) = operator.run(&["list", "--json"]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["plugins"].as_array().unwrap().iter().any(|plugin| plugin["id"] == "acme-print"), "{json}");

    // A release of a publisher whom the operator begins to trust, then the next one.
    let desk = Desk::signed();
    let trust = operator.folder.path().join("data/plugins/trust.toml");
    std::fs::copy(desk.path().join("trust.toml"), trust).unwrap();
    operator.drop(desk.path(), "libgood");
    operator.until("acme-fixture");
    let _ = build(Case::Denies, desk.path());
    desk.write("plugin.toml", &DRAFT.replace("release_seq = 3", "release_seq = 4"));
    let (code, _, err) = desk.run(&["sign", "--key", "acme.key", "libdenies.so"]);
    assert_eq!(code, 0, "{err}");
    operator.drop(desk.path(), "libdenies");
    operator.until("in its shadow: 4.0.0 (release 4)");
    let (code, out, err) = operator.run(&["promote", "acme-fixture"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("acme-fixture") && out.contains("4.0.0 (release 4)"), "{out}");
    operator.refused(&["promote", "acme-fixture", "--release", "4"], "IN_USE");
    let (code, out, err) = operator.run(&["rollback", "acme-fixture"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("3.0.0 (release 3)"), "{out}");
    operator.refused(&["promote", "no-such-plugin"], "NOT_FOUND");
    operator.refused(&["rollback", "acme-print"], "NOTHING_BEFORE");

    // A file that is refused is listed with its code.
    std::fs::write(operator.folder.path().join("data/plugins/libgood.so"), "no library").unwrap();
    let list = operator.until("REFUSED libgood.so");
    assert!(list.contains("LIBRARY_") || list.contains("FILE_") || list.contains("MANIFEST_"), "{list}");

    // Who is no operator learns that much and nothing else.
    let seller = token(&operator.server, "aurora").await;
    let (code, out, err) = operator.run_as(&seller, &["list"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("kith: FORBIDDEN: "), "{err}");
    let (code, _, err) = operator.run_as("nonsense", &["list"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("kith: UNAUTHENTICATED: ") && !err.contains("nonsense"), "{err}");
}

#[test]
fn wrong_usage_and_absent_servers_are_told_apart_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let list = |url: &str, token: Option<&str>| {
        let mut command = kith(folder.path());
        command.args(["plugin", "list", "--url", url]);
        if let Some(token) = token {
            command.env("KITH_TOKEN", token);
        }
        let (code, out, err) = run(&mut command);
        assert_eq!(out, "");
        assert_eq!(err.lines().count(), 1, "{err}");
        (code, err)
    };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(list("http://127.0.0.1:1", None).0, 2);
    for (url, word) in [
        ("ftp://127.0.0.1", "http://"),
        ("127.0.0.1:8000", "http://"),
        ("http://user:secret@127.0.0.1", "no user name"),
        ("", "no URL"),
    ] {
        let (code, err) = list(url, Some("t"));
        assert_eq!(code, 2, "{url}: {err}");
        assert!(err.contains("--url") && err.contains(word), "{url}: {err}");
    }
    assert_eq!(list(&format!("http://{free}"), Some("two words")).0, 2);
    let (code, err) = list(&format!("http://{free}"), Some("t"));
    assert!(code == 1 && err.contains("cannot connect"), "{err}");
    let (code, err) = list(&format!("https://{free}"), Some("t"));
    assert!(code == 1 && err.contains("cannot connect"), "{err}");
    // Something else than Kith answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    });
    let (code, err) = list(&format!("http://{address}"), Some("t"));
    assert!(code == 1 && err.contains("no answer of a Kith server"), "{err}");
}
