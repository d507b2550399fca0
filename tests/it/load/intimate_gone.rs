//! Property 4: clients that go away in the middle of a payment leave it done once or not at all.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::Client;
use super::intimate_kill::{PAY, paid};
use crate::cli::{Server, kith, run};
use crate::support::pg::{Durability, PgServer};

/// What a client that goes away was about to do.
struct Leaving {
    address: String,
    /// The father's token.
    token: String,
    /// The body of the request.
    body: String,
    /// For how long it stays once everything is sent: from not at all to after the answer, so that leaving meets the
    /// comparison of the password and the command at every step.
    stays: Duration,
}

/// Sixty orders, each paid by a client that leaves: retried by key, each is paid once, and the ledger verifies.
async fn each_is_paid_once(leave: impl AsyncFn(Leaving)) {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let mut command = kith(folder.path());
    command.env("DATABASE_URL", &url);
    let server =
        Server::start(command.args(["serve", "--demo", "--allow-external-demo-database", "--listen", "127.0.0.1:0"]));
    let client = Client::to(&server.address);
    let relation = client.fund().await;
    let before = client.used_and_spent().await;
    let orders = client.unpaid(60).await;
    let father = client.token("wangjianguo").await;
    for (at, order) in orders.iter().enumerate() {
        let body = json!({ "query": PAY, "variables": { "r": relation, "o": order, "key": order } }).to_string();
        let stays = Duration::from_micros(at as u64 * 1_500);
        leave(Leaving { address: server.address.clone(), token: father.clone(), body, stays }).await;
    }
    for order in &orders {
        let answer = client.pay(&father, &relation, order).await.unwrap();
        assert!(paid(&answer), "{answer}");
    }
    let after = client.used_and_spent().await;
    let yuan = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    assert_eq!(yuan(&after.0) - yuan(&before.0), 60, "sixty times one fen");
    assert_eq!(after.0, after.1, "the quota is what was spent");
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, out, err) = run(kith(folder.path()).env("DATABASE_URL", &url).args(["ledger", "verify"]));
    assert_eq!(code, 0, "{out}{err}");
}

/// The connection is reset.
#[tokio::test(flavor = "multi_thread")]
async fn server_h13_r0_8_a_client_that_goes_away_pays_once_or_not_at_all() {
    each_is_paid_once(async |leaving| {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            leaving.address,
            leaving.token,
            leaving.body.len()
        );
        let mut socket = TcpStream::connect(&leaving.address).await.unwrap();
        socket.write_all(format!("{head}{}", leaving.body).as_bytes()).await.unwrap();
        tokio::time::sleep(leaving.stays).await;
        socket.set_zero_linger().unwrap();
        drop(socket);
    })
    .await;
}

/// The stream is reset (`RST_STREAM`), and the connection with the other streams goes on.
#[tokio::test(flavor = "multi_thread")]
async fn server_h13_r0_8_a_reset_http2_stream_pays_once_or_not_at_all() {
    let http = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let resets = std::sync::atomic::AtomicU32::new(0);
    each_is_paid_once(async |leaving| {
        let health = http.get(format!("http://{}/healthz", leaving.address)).send().await.unwrap();
        assert_eq!(health.version(), reqwest::Version::HTTP_2);
        let pay = http
            .post(format!("http://{}/graphql", leaving.address))
            .bearer_auth(&leaving.token)
            .header("content-type", "application/json")
            .body(leaving.body);
        let pay = tokio::spawn(pay.send());
        tokio::time::sleep(leaving.stays).await;
        // Dropping a stream's last handle resets it.
        pay.abort();
        if pay.await.is_err() {
            resets.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    })
    .await;
    assert!(resets.into_inner() > 0, "at least the first left before its answer");
}
