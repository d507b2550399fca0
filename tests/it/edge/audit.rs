//! The public audits (`tests/audit`), against the test schema.

use super::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the audit shows its result")]
#[ignore = "needs node, and `npm ci` in tests/audit"]
async fn the_audits_of_graphql_http_pass() {
    let server = Server::start().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/audit.mjs");
    let audit = tokio::process::Command::new("node").args([script, &server.url("/graphql")]).output().await.unwrap();
    let said = String::from_utf8_lossy(&audit.stdout).into_owned() + &String::from_utf8_lossy(&audit.stderr);
    println!("{said}");
    assert!(audit.status.success(), "{said}");
    assert!(said.contains("graphql-http: 61 of 61"), "{said}");
}
