//! The browser of the tests sees what it has to see: a test of the playground that passes means something.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Lets out what the browser must stop, and forbids what the page does with a style.
const LAX: &str = "default-src 'self' 'unsafe-inline' http://outside.test ws://127.0.0.1:9; style-src 'none'";

const GOOD: &str = "<!doctype html><title>Good</title><h1>Good</h1><script src=/script.js></script>";

const BAD: &str = "<!doctype html><style>h1 { color: red }</style><img src=http://outside.test/picture.png><script>
    console.error('spilt', 'milk');
    setTimeout(() => { throw new Error('not caught') });
    new Worker('/worker.js');
    new WebSocket('ws://127.0.0.1:9/socket').onerror = () => document.body.dataset.socket = 'failed';
    </script>";

/// Serves the two pages; gives the address.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let read = connection.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let (kind, body) = match request.split(' ').nth(1).unwrap_or("") {
                    "/good" => ("text/html", GOOD),
                    "/bad" => ("text/html", BAD),
                    "/script.js" => ("text/javascript", "document.body.dataset.ready = 'true'"),
                    "/worker.js" => ("text/javascript", "fetch('http://outside.test/from-worker').catch(() => {})"),
                    _ => ("text/plain", ""),
                };
                let policy = if body == GOOD { "default-src 'self'" } else { LAX };
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: \
                     {policy}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                connection.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn browser_loads_a_page_answers_questions_and_takes_pictures() {
    let address = serve().await;
    let browser = Browser::start();
    let page = browser.page().await;
    page.goto(&format!("{address}/good")).await;
    page.wait_for("document.body.dataset.ready === 'true'").await;
    assert_eq!(page.eval("document.title").await, json!("Good"));
    assert_eq!(page.eval("Promise.resolve({ a: [1, null] })").await, json!({ "a": [1, null] }));
    assert_eq!(page.requests()[..2], [format!("{address}/good"), format!("{address}/script.js")]);
    assert_eq!(page.problems(), [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/page.png");
    page.screenshot(&file).await;
    assert!(std::fs::read(&file).unwrap().starts_with(b"\x89PNG"));
    browser.close().await;
}

#[tokio::test]
async fn browser_notices_outside_requests_and_every_kind_of_problem() {
    let address = serve().await;
    let browser = Browser::start();
    let page = browser.page().await;
    page.goto(&format!("{address}/bad")).await;
    page.wait_for("document.body.dataset.socket === 'failed'").await;
    for wanted in ["http://outside.test/picture.png", "ws://127.0.0.1:9/socket", "http://outside.test/from-worker"] {
        page.until(|page| page.requests().iter().any(|url| url == wanted), wanted).await;
    }
    for wanted in ["milk", "not caught", "Content Security Policy", "ERR_NAME_NOT_RESOLVED"] {
        page.until(|page| page.problems().iter().any(|problem| problem.contains(wanted)), wanted).await;
    }
    browser.close().await;
}

#[tokio::test]
#[should_panic(expected = "ERR_NAME_NOT_RESOLVED")]
async fn browser_cannot_leave_this_machine() {
    let browser = Browser::start();
    browser.page().await.goto("http://example.com/").await;
}

#[tokio::test]
async fn browser_leaves_nothing_behind_when_it_is_dropped() {
    let browser = Browser::start();
    let (profile, page) = (browser.profile.clone(), browser.page().await);
    assert!(profile.exists());
    drop((page, browser));
    let gone = async {
        while profile.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.unwrap();
}
