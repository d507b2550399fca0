//! `kill -9` while a card is paid through the gateway of another company: whatever the gateway had done by then, the worker asks
//! until it knows, and the card is charged once.

use std::time::Duration;

use serde_json::json;
use tokio_postgres::NoTls;

use super::Client;
use super::intimate_kill::PAY;
use crate::cli::{Server, kith, run};
use crate::support::pg::{Durability, PgServer};
use crate::worker::bank::{Bank, Does};

/// What the bank does with the requests of one payment, and how many have come when the server is killed.
const MOMENTS: [(&str, &[Does], usize); 5] = [
    ("it holds the money and could not say so yet", &[Does::WorkLate], 1),
    ("it will hold the money a while later", &[Does::HangThenWork], 1),
    ("it took the money and could not say so yet", &[Does::Work, Does::WorkLate], 2),
    ("it will take the money a while later", &[Does::Work, Does::HangThenWork], 2),
    ("it did not take the money", &[Does::Work, Does::Close], 2),
];

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_r0_5_a_card_is_charged_once_whenever_the_worker_dies() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let (database, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let pending = async || {
        let row = database.query_one("SELECT count(*) FROM payments WHERE state = 'PENDING'", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    let bank = Bank::open(&[]).await;
    let command = |gateway: bool| {
        let mut command = kith(folder.path());
        command.env("DATABASE_URL", &url);
        command.args(["serve", "--demo", "--allow-external-demo-database", "--listen", "127.0.0.1:0"]);
        if gateway {
            for key in ["KITH_PAYMENTS__GATEWAY_URL", "KITH_PAYMENTS__VAULT_URL"] {
                command.env(key, &bank.url);
            }
            command.env("KITH_PAYMENTS__GATEWAY_SECRET", "a secret of both sides");
        }
        command
    };
    // The demo's own gateway pays what the demo begins with: a card of the daughter's.
    let server = Server::start(&mut command(false));
    let client = Client::to(&server.address);
    let orders = client.unpaid(MOMENTS.len()).await;
    let relation = client.relation().await;
    until("the demo's payments are settled", async || pending().await == 0).await;
    assert_eq!(server.signal("-TERM"), Some(0));
    let mut server = Server::start(&mut command(true));
    for (order, (moment, plan, requests)) in orders.iter().zip(MOMENTS) {
        let before = bank.books.lock().await.asked.len();
        *bank.plan.lock().await = plan.to_vec();
        let client = Client::to(&server.address);
        let father = client.token("wangjianguo").await;
        let pay = json!({ "r": relation, "o": order, "key": order });
        let first = client.ask(&father, PAY, pay.clone()).await.unwrap()["data"]["payWithIntimatePay"].clone();
        assert_eq!(first["purchase"]["state"], "PENDING", "{moment}: {first}");
        until(moment, async || bank.books.lock().await.asked.len() >= before + requests).await;
        server.signal("-KILL");
        // Time goes by until the lease of the dead worker is over.
        database.batch_execute("UPDATE payments SET available_at = now() WHERE state = 'PENDING'").await.unwrap();
        server = Server::start(&mut command(true));
        until(moment, async || pending().await == 0).await;
        let client = Client::to(&server.address);
        let again = client.ask(&client.token("wangjianguo").await, PAY, pay).await.unwrap();
        assert_eq!(again["data"]["payWithIntimatePay"]["purchase"]["id"], first["purchase"]["id"], "{moment}: {again}");
        let asked = bank.books.lock().await.asked[before..].to_vec();
        assert!(requests + 1 > asked.len() || asked[requests..].contains(&"query".to_owned()), "{moment}: {asked:?}");
    }
    // What hung on the bank's side has happened by then.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(bank.books.lock().await.taken, [1; MOMENTS.len()], "one fen for each order, once");
    assert_eq!(bank.held().await, 0, "nothing stays held");
    let paid = "SELECT count(*) FROM intimate_uses WHERE amount_minor = 1 AND state = 'PAID'";
    assert_eq!(database.query_one(paid, &[]).await.unwrap().get::<_, i64>(0), MOMENTS.len() as i64);
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, out, err) = run(kith(folder.path()).env("DATABASE_URL", &url).args(["ledger", "verify"]));
    assert_eq!(code, 0, "{out}{err}");
}
