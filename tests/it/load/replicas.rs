//! Two server processes over one database, as the README's story has it, and connections cut on the way.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{APPROVE, Client, approved};
use crate::cli::{Server, kith, run};
use crate::support::pg::{Durability, PgServer};

const GRANT: &str = "mutation($sub: ID!) {
    grantPermission(input: { subAccountId: $sub, permission: \"refund.approve\" }) { grant { id } userErrors { code } } }";
const REVOKE: &str =
    "mutation($grant: ID!) { revokePermission(input: { grantId: $grant }) { userErrors { code message } } }";

fn serve(folder: &std::path::Path, url: &str) -> Server {
    let mut command = kith(folder);
    command.env("DATABASE_URL", url);
    Server::start(command.args(["serve", "--demo", "--allow-external-demo-database", "--listen", "127.0.0.1:0"]))
}

/// The sub-account xiaoli's id, as its shop lists it.
async fn xiaoli(client: &Client, seller: &str) -> String {
    let query = "{ shop { subAccounts(first: 100) { edges { node { id name } } } } }";
    let list = client.ask(seller, query, json!({})).await.unwrap();
    let edges = list["data"]["shop"]["subAccounts"]["edges"].as_array().unwrap_or_else(|| panic!("{list}")).clone();
    let found = edges.iter().find(|edge| edge["node"]["name"] == "xiaoli").unwrap();
    found["node"]["id"].as_str().unwrap().to_owned()
}

/// Step 6 of the story: what is revoked on one process is denied by the next request on the other, a hundred times.
#[tokio::test(flavor = "multi_thread")]
async fn server_r5_5_h16_a_revocation_holds_on_the_other_process_with_the_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let (one, other) = (serve(folder.path(), &url), serve(folder.path(), &url));
    let (here, there) = (Client::to(&one.address), Client::to(&other.address));
    let (seller, clerk) = (here.token("aurora").await, there.token("xiaoli").await);
    let sub = xiaoli(&here, &seller).await;
    let refunds = here.refunds(50).await;
    for refund in &refunds {
        let granted = here.ask(&seller, GRANT, json!({ "sub": sub })).await.unwrap();
        let grant = granted["data"]["grantPermission"]["grant"]["id"].clone();
        assert!(grant.is_string(), "{granted}");
        let answer = there.approve(&clerk, refund).await.unwrap();
        assert!(approved(&answer), "a grant holds at once as well: {answer}");
        let revoked = here.ask(&seller, REVOKE, json!({ "grant": grant })).await.unwrap();
        assert_eq!(revoked["data"]["revokePermission"]["userErrors"], json!([]), "{revoked}");
        let denied: Value = there.ask(&clerk, APPROVE, json!({ "id": refund, "key": "again" })).await.unwrap();
        assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN", "{denied}");
    }
}

/// h13: a client that resets its connection right after sending gets its refund once or not at all, and the retry of the
/// key settles it.
#[tokio::test(flavor = "multi_thread")]
async fn server_h13_a_reset_after_sending_means_once_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let server = serve(folder.path(), &url);
    let client = Client::to(&server.address);
    let seller = client.token("aurora").await;
    let refunds = client.refunds(60).await;
    for (at, refund) in refunds.iter().enumerate() {
        let body = json!({ "query": APPROVE, "variables": { "id": refund, "key": refund } }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {seller}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            server.address,
            body.len()
        );
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        // From at once to after the answer: the reset meets the command at every step.
        tokio::time::sleep(Duration::from_micros(at as u64 * 150)).await;
        socket.set_zero_linger().unwrap();
        drop(socket);
    }
    for refund in &refunds {
        let answer = client.approve(&seller, refund).await.unwrap();
        assert!(approved(&answer), "{answer}");
    }
    assert_eq!(client.refunded(&seller, &refunds[0]).await, "0.60", "sixty times one fen");
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, out, err) = run(kith(folder.path()).env("DATABASE_URL", &url).args(["ledger", "verify"]));
    assert_eq!(code, 0, "{out}{err}");
}
