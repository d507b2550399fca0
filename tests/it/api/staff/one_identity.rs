//! One identity certifies one sub-account of a shop (requirement 4.9), whatever is under way at the same time.

use std::sync::Arc;

use chrono::TimeDelta;
use kith::config;
use kith::providers::verify::IdentityVerifier;
use kith::providers::verify::http::HttpVerifier;
use kith::providers::verify::rules::{Faces, Rules};
use kith::telemetry::Secret;
use serde_json::{Value, json};

use super::certification::{code, face, identity, scan, standing};
use super::crew::Crew;
use crate::support::app::{self, Answer, Persona, TestApp};
use crate::support::certified::mainland_number;
use crate::support::pg::PgServer;

const SCAN: &str = "ANDROID_SHOPPING_APP";

/// Two of the staff, who were scanned by one person.
async fn scanned(crew: &Crew) -> (Persona, [Persona; 2]) {
    let person = crew.app.account("person").await;
    let staff = [crew.hire("xiaoli", "CUSTOMER_SERVICE").await, crew.hire("xiaowang", "CUSTOMER_SERVICE").await];
    for who in &staff {
        let made = code(crew, who, who).await;
        scan(crew, &person, who, &made["code"], SCAN).await.data();
    }
    (person, staff)
}

async fn new_code(crew: &Crew, of: &Persona) -> Answer {
    crew.call(of, "createCertificationCode", json!({ "subAccountId": of.id }), "code").await
}

async fn queue(crew: &Crew, operator: &Persona) -> Vec<Value> {
    let query = "{ verificationQueue(first: 100) { edges { node { id kind } } } }";
    let seen = crew.app.ok(operator, query, json!({})).await;
    let edges = seen["verificationQueue"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

async fn pass(crew: &Crew, operator: &Persona, question: &Value) {
    let decide = "mutation($input: DecideVerificationInput!) {
        decideVerification(input: $input) { verificationId userErrors { code } } }";
    crew.app.look_at(operator, question).await;
    let input = json!({ "input": { "verificationId": question, "passed": true } });
    let done = crew.app.ok(operator, decide, input).await;
    assert_eq!(done["decideVerification"]["userErrors"], json!([]), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_9_no_new_code_gives_an_identity_up_that_waits_for_an_answer() {
    // Photos go to operators.
    let crew = Crew::start().await;
    let operator = crew.app.operator(&["platform.certification.review"]).await;
    let (person, [xiaoli, xiaowang]) = scanned(&crew).await;
    let number = mainland_number(7);
    identity(&crew, &person, &xiaoli, "MAINLAND", &number).await.data();
    face(&crew, &person, &xiaoli).await.data();
    assert_eq!(new_code(&crew, &xiaoli).await.user_error("createCertificationCode"), "STEP_OUT_OF_ORDER");
    let taken = identity(&crew, &person, &xiaowang, "MAINLAND", &number).await;
    assert_eq!(taken.user_error("submitStaffIdentity"), "IDENTITY_TAKEN_IN_SHOP");
    let waiting = queue(&crew, &operator).await;
    assert_eq!(waiting.len(), 1);
    pass(&crew, &operator, &waiting[0]).await;
    assert_eq!(standing(&crew, &crew.owner, &xiaoli).await, "CERTIFIED");
    assert_eq!(standing(&crew, &crew.owner, &xiaowang).await, "MUTED");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_9_an_answer_to_a_question_that_is_not_waited_for_certifies_nobody() {
    let crew = Crew::start().await;
    let operator = crew.app.operator(&["platform.certification.review"]).await;
    let (person, [xiaoli, xiaowang]) = scanned(&crew).await;
    let number = mainland_number(7);
    identity(&crew, &person, &xiaoli, "MAINLAND", &number).await.data();
    face(&crew, &person, &xiaoli).await.data();
    // What a new code in the meantime would leave.
    crew.app
        .sql("UPDATE staff_certifications SET state = 'CODE', verification_id = NULL, number_key = NULL WHERE state = 'FACE'")
        .await;
    identity(&crew, &person, &xiaowang, "MAINLAND", &number).await.data();
    face(&crew, &person, &xiaowang).await.data();
    let waiting = queue(&crew, &operator).await;
    assert_eq!(waiting.len(), 2, "the old photo, and the new one");
    pass(&crew, &operator, &waiting[0]).await;
    assert_eq!(standing(&crew, &crew.owner, &xiaoli).await, "MUTED", "nothing waits for this answer any more");
    pass(&crew, &operator, &waiting[1]).await;
    assert_eq!(standing(&crew, &crew.owner, &xiaowang).await, "CERTIFIED");
    assert_eq!(standing(&crew, &crew.owner, &xiaoli).await, "MUTED");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_9_on_a_server_one_identity_given_for_two_at_once_is_taken_once() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let crew = Crew::on(app.certified_by(|certifier| certifier.face = Arc::new(Rules(Faces::Pass)))).await;
    let (person, staff) = scanned(&crew).await;
    for n in 0..4 {
        let number = mainland_number(100 + n);
        let [one, two] = &staff;
        let (first, second) = tokio::join!(
            identity(&crew, &person, one, "MAINLAND", &number),
            identity(&crew, &person, two, "MAINLAND", &number)
        );
        let mut said = [first.user_error("submitStaffIdentity"), second.user_error("submitStaffIdentity")];
        said.sort_unstable();
        assert_eq!(said, ["", "IDENTITY_TAKEN_IN_SHOP"], "{first:?} {second:?}");
        // Once more from the beginning, with another number.
        for who in &staff {
            let made = code(&crew, who, who).await;
            scan(&crew, &person, who, &made["code"], SCAN).await.data();
        }
    }
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_8_with_the_verifier_down_a_sub_account_waits_and_an_operator_answers_in_the_end() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/", nobody.local_addr().unwrap());
    drop(nobody);
    let app = TestApp::start().await;
    let settings = config::Certification {
        verifier_url: Some(url),
        verifier_secret: Some(Secret::new("shared with the verifier".to_owned())),
        timeout_ms: 300,
        breaker_failures: 100,
        ..app::config().certification
    };
    let verifier = Arc::new(HttpVerifier::new(&settings, Arc::clone(&app.door.clock)).unwrap());
    let crew = Crew::on(app.certified_by(|certifier| certifier.identity = verifier as Arc<dyn IdentityVerifier>)).await;
    let operator = crew.app.operator(&["platform.certification.review"]).await;
    let (person, [xiaoli, xiaowang]) = scanned(&crew).await;
    let number = mainland_number(7);
    let asked = identity(&crew, &person, &xiaoli, "MAINLAND", &number).await.data();
    assert_eq!(asked["submitStaffIdentity"]["certification"]["nextStep"], "WAIT", "{asked}");
    assert_eq!(new_code(&crew, &xiaoli).await.user_error("createCertificationCode"), "STEP_OUT_OF_ORDER");
    let taken = identity(&crew, &person, &xiaowang, "MAINLAND", &number).await;
    assert_eq!(taken.user_error("submitStaffIdentity"), "IDENTITY_TAKEN_IN_SHOP", "also while it waits");
    for _ in 0..8 {
        crew.app.clock.advance(TimeDelta::hours(1));
        crew.app.worker().certify(false).await.unwrap();
    }
    let waiting = queue(&crew, &operator).await;
    assert_eq!(waiting.len(), 1);
    pass(&crew, &operator, &waiting[0]).await;
    let query = "query($id: ID!) { staffCertification(subAccountId: $id) { nextStep standing } }";
    let seen = crew.app.ok(&person, query, json!({ "id": xiaoli.id })).await["staffCertification"].clone();
    assert_eq!((&seen["nextStep"], &seen["standing"]), (&json!("FACE"), &json!("MUTED")), "{seen}");
    crew.app.verified().await;
    crew.stop().await;
}
