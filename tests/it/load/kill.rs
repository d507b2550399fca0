//! `kill -9` in the middle of approvals: what was acknowledged is there, nothing is half done.

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use super::{Burst, Client, approved};
use crate::cli::{Server, kith, run};
use crate::support::pg::PgServer;

/// Kills a server four times while `at_once` clients approve 999 refunds, of three buyers in turns so that approvals share
/// transactions, retries every key and verifies.
/// `command` makes the command line of the program with these arguments.
async fn killed_during_approvals(at_once: usize, command: impl Fn(&[&str]) -> Command) {
    let start = || Server::start(&mut command(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let mut server = start();
    let mut client = Client::to(&server.address);
    let mut of_buyers = Vec::new();
    for persona in ["meimei", "wangfang", "wangjianguo"] {
        let buyer = client.token(persona).await;
        of_buyers.push(client.refunds_of(&buyer, &client.order(&buyer).await, 333).await);
    }
    let refunds: Vec<String> =
        (0..333).flat_map(|at| of_buyers.iter().map(move |refunds| refunds[at].clone())).collect();
    let mut burst = Burst { all: refunds.clone(), acknowledged: HashSet::new(), at_once };
    // A kill after each of these many answers: seeded, so that a failure can be run again.
    for (answers, seed) in [(137, 1_u64), (211, 2), (89, 3), (256, 4)] {
        let seller = client.token("aurora").await;
        let approve = |refund: String| {
            let (client, seller) = (client.clone(), seller.clone());
            async move { Some(approved(&client.approve(&seller, &refund).await?)) }
        };
        burst.kill(server, answers, Duration::from_millis(seed * 3), approve).await;
        server = start();
        client = Client::to(&server.address);
    }
    assert!(burst.acknowledged.len() >= 137 + 211 + 89 + 256, "{}", burst.acknowledged.len());
    // Retry every key: each is approved exactly once, those that were acknowledged included.
    let seller = client.token("aurora").await;
    for id in &refunds {
        let answer = client.approve(&seller, id).await.unwrap();
        assert!(approved(&answer), "{answer}");
    }
    for of_buyer in &of_buyers {
        assert_eq!(client.refunded(&seller, &of_buyer[0]).await, "3.33", "333 times one fen, once each");
    }
    assert_eq!(server.signal("-TERM"), Some(0));
    for verify in [["ledger", "verify"], ["audit", "verify"]] {
        let (code, out, err) = run(&mut command(&verify));
        assert_eq!(code, 0, "{out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_h03_every_acknowledged_approval_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = kith(folder.path());
        command.args(arguments);
        command
    };
    killed_during_approvals(1, command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_h03_every_acknowledged_approval_is_there_once_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start().await;
    let url = postgres.fresh_database().await;
    let command = |arguments: &[&str]| {
        let mut command = kith(folder.path());
        command.env("DATABASE_URL", &url).args(arguments);
        if arguments.contains(&"--demo") {
            command.arg("--allow-external-demo-database");
        }
        command
    };
    killed_during_approvals(8, command).await;
}
