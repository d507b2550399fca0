//! The playground as a person finds it: it loads without the internet, a persona is picked, an example runs.

use super::Browser;
use crate::cli::{Server, kith};

#[tokio::test(flavor = "multi_thread")]
async fn a_persona_is_picked_and_an_example_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(kith(folder.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let browser = Browser::start();
    let page = browser.page().await;
    let base = format!("http://{}/", server.address);
    page.goto(&format!("{base}?example=02-refunds&run=1")).await;
    page.wait_for("document.body.dataset.ready === 'true'").await;
    page.wait_for("document.querySelector('#persona').value === 'xiaoli'").await;
    page.wait_for("document.body.dataset.run === 'done'").await;
    let answer = "__MONACO.editor.getModels().find(m => m.uri.path.endsWith('response.json')).getValue()";
    page.wait_for(&format!("{answer}.includes('refund_')")).await;
    std::fs::create_dir_all("artefacts").unwrap();
    page.screenshot(std::path::Path::new("artefacts/playground.png")).await;
    for url in page.requests() {
        let own = url.starts_with(&base) || url.starts_with("data:") || url.starts_with("blob:");
        assert!(own, "a request left the server: {url}");
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    browser.close().await;
}
