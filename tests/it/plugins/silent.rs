//! Contract, "Fail closed": an adviser that is installed and does not run denies what it advises on, whatever the reason why it
//! does not run. The way out is an operator's: removing it.

use kith::plugins::Settings;
use kith::plugins::sign::Claims;
use serde_json::json;

use super::kit::{Folder, Kit, claims, small};
use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

/// A refund that waits for its approval.
async fn refund(kit: &Kit) -> String {
    let buyer = kit.app.account("buyer").await;
    let item = kit.app.item(&kit.owner, &kit.shop, "2000.00").await;
    let order = kit.app.order(&buyer, &kit.shop, &item, 1).await;
    kit.app.refund(&buyer, &order, "600.00").await
}

async fn approve(app: &TestApp, who: &Persona, refund: &str) -> Answer {
    app.approve(who, refund, &uuid::Uuid::now_v7().to_string()).await
}

async fn is_denied(app: &TestApp, who: &Persona, refund: &str, why: &str) {
    let denied = approve(app, who, refund).await;
    assert_eq!((denied.code(), &denied.extensions()["reason"]), ("FORBIDDEN", &json!("SERVICE_UNAVAILABLE")), "{why}");
    assert_eq!(denied.extensions()["plugin"]["id"], "other", "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_a_typo_in_the_trust_file_lets_nothing_through_that_an_adviser_forbids() {
    let folder = Folder::new();
    let settings = folder.settings_by_file();
    let kit = Kit::with(TestApp::start().await, folder, settings).await;
    kit.folder().small_as("other", 1, &["-DADVISER"]);
    kit.look().await;
    let refund = refund(&kit).await;
    kit.folder().operators("trust.toml", "[[publisher]\n");
    kit.look().await;
    is_denied(&kit.app, &kit.owner, &refund, "nobody is trusted").await;
    assert!(kit.used(&kit.owner, "item.read").await.is_ok(), "and nothing else");
    let operator = kit.operator().await;
    assert_eq!(kit.plugin(&operator, "other").await["state"], "NOT_RUNNING");
    let explained = "{ explain(input: { permission: \"refund.approve\", amount: { amount: \"600.00\" } }) { allowed denial { reason } } }";
    let answer = kit.app.ok(&kit.owner, explained, json!({})).await["explain"].clone();
    assert_eq!(answer, json!({ "allowed": false, "denial": { "reason": "SERVICE_UNAVAILABLE" } }));
    let trust = kit.folder().trust();
    kit.folder().operators("trust.toml", &(trust + "\n"));
    kit.look().await;
    assert_eq!(approve(&kit.app, &kit.owner, &refund).await.code(), "", "mended");
    kit.stop().await;
}

/// An expired manifest at a restart, a probe that is too slow, a server without the file: each over the same database.
#[tokio::test(flavor = "multi_thread")]
async fn r5_1_a_server_on_which_an_adviser_does_not_start_denies_what_it_advises() {
    let postgres = PgServer::start_with(Durability::None).await;
    let url = postgres.fresh_database().await;
    let here = Kit::on(TestApp::start_on(&url, 4).await, Folder::new()).await;
    let library = small("other", 1, &["-DADVISER"]);
    let claims =
        Claims { advises: &["refund.approve"], valid: ("2026-11-20T00:00:00Z".parse().unwrap(), 3), ..claims("other") };
    here.folder().drop("other-1", &library, &claims);
    here.look().await;
    let refund = refund(&here).await;
    let with_the_file = || {
        let folder = here.folder().twin();
        for file in ["other-1.so", "other-1.kith.json"] {
            std::fs::copy(here.folder().path().join(file), folder.path().join(file)).unwrap();
        }
        folder
    };

    let app = TestApp::start_on(&url, 4).await;
    app.clock.set("2026-11-24T04:00:00Z".parse().unwrap());
    let expired = Kit::on(app, with_the_file()).await;
    expired.look().await;
    let faults = expired.keeper.plugins.faults();
    assert_eq!(faults[0].refused.code, "MANIFEST_EXPIRED", "{faults:?}");
    let owner = Persona { token: expired.app.log_in(&here.owner.login).await, ..here.owner.clone() };
    is_denied(&expired.app, &owner, &refund, "expired").await;

    let folder = with_the_file();
    let hurried = Settings { start_limit: std::time::Duration::from_micros(1), ..folder.settings() };
    let slow = Kit::with(TestApp::start_on(&url, 4).await, folder, hurried).await;
    slow.look().await;
    assert_eq!(slow.keeper.plugins.faults().len(), 1, "{:?}", slow.keeper.plugins.faults());
    is_denied(&slow.app, &here.owner, &refund, "too slow").await;

    let without = Kit::on(TestApp::start_on(&url, 4).await, here.folder().twin()).await;
    // However long it waits: an adviser is not removed because nobody has its file.
    for _ in 0..6 {
        without.look().await;
        is_denied(&without.app, &here.owner, &refund, "no file").await;
        without.app.clock.advance(chrono::TimeDelta::seconds(30));
    }
    let operator = without.operator().await;
    assert_eq!(without.plugin(&operator, "other").await["state"], "NOT_RUNNING");
    let advises = without.app.ok(&operator, "{ plugins { id advises } }", json!({})).await;
    assert_eq!(advises["plugins"], json!([{ "id": "other", "advises": ["refund.approve"] }]));

    // The way out, on every server.
    assert_eq!(without.manage(&operator, "removePlugin", "other").await, "");
    slow.look().await;
    assert_eq!(approve(&slow.app, &here.owner, &refund).await.code(), "");
    for kit in [expired, slow, without, here] {
        kit.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_codes_that_do_not_exist_and_those_of_operators_are_nobodys_to_advise_on() {
    let kit = Kit::start().await;
    kit.folder().small_as("other", 1, &["-DADVISER", "-DUNKNOWN"]);
    let library = small("small", 1, &["-DADVISER"]);
    kit.folder().drop("small-1", &library, &Claims { advises: &["platform.plugin.manage"], ..claims("small") });
    kit.look().await;
    let faults = kit.keeper.plugins.faults();
    let code = |file: &str| faults.iter().find(|fault| fault.file == file).map(|fault| fault.refused.code.as_str());
    assert_eq!((code("other-1.so"), code("small-1.so")), (Some("ADVISES_UNKNOWN"), Some("ADVISES_PLATFORM")));
    let operator = kit.operator().await;
    assert_eq!(kit.app.ok(&operator, "{ plugins { id } }", json!({})).await["plugins"], json!([]));
    kit.stop().await;
}

/// What was installed before it was kept what it advises: the first server that has the file fills it in.
#[tokio::test(flavor = "multi_thread")]
async fn r5_1_what_an_adviser_of_before_advises_is_filled_in() {
    let kit = Kit::start().await;
    kit.folder().small_as("other", 1, &["-DADVISER"]);
    kit.look().await;
    kit.app.sql("UPDATE plugins SET advises = '{}'").await;
    kit.app.clock.advance(chrono::TimeDelta::seconds(20));
    kit.look().await;
    let operator = kit.operator().await;
    let advises = kit.app.ok(&operator, "{ plugins { advises } }", json!({})).await;
    assert_eq!(advises["plugins"], json!([{ "advises": ["refund.approve"] }]));
    kit.stop().await;
}
