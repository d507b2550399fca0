//! The certification of sub-accounts.

use std::sync::Arc;

use chrono::TimeDelta;
use kith::providers::verify::rules::{Faces, Rules};
use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::{Answer, Persona, TestApp};
use crate::support::certified::mainland_number;

const FIELDS: &str = "certification { standing nextStep reason certifiedAt certifyBy }";

pub(super) async fn crew() -> Crew {
    let app = TestApp::start().await;
    Crew::on(app.certified_by(|certifier| certifier.face = Arc::new(Rules(Faces::Pass)))).await
}

pub(super) async fn code(crew: &Crew, who: &Persona, of: &Persona) -> Value {
    let input = json!({ "subAccountId": of.id });
    let answer = crew.call(who, "createCertificationCode", input, "code svg png expiresAt").await;
    answer.data()["createCertificationCode"].clone()
}

pub(super) async fn scan(crew: &Crew, who: &Persona, of: &Persona, code: &Value, client: &str) -> Answer {
    let input = json!({ "subAccountId": of.id, "code": code, "client": client });
    crew.call(who, "scanCertificationCode", input, FIELDS).await
}

pub(super) async fn identity(crew: &Crew, who: &Persona, of: &Persona, region: &str, number: &str) -> Answer {
    let input = json!({ "subAccountId": of.id, "region": region, "name": "王小丽", "number": number });
    crew.call(who, "submitStaffIdentity", input, FIELDS).await
}

pub(super) async fn face(crew: &Crew, who: &Persona, of: &Persona) -> Answer {
    let started = crew.call(who, "startStaffFace", json!({ "subAccountId": of.id }), "session { id gesture }").await;
    let session = started.0["data"]["startStaffFace"]["session"]["id"].clone();
    assert!(session.is_string(), "{started:?}");
    let query = format!(
        "mutation($input: SubmitStaffPhotoInput!) {{ submitStaffPhoto(input: $input) {{ {FIELDS} userErrors {{ code }} }} }}"
    );
    let input = json!({ "input": { "subAccountId": of.id, "sessionId": session } });
    crew.app.run_with_file(who, &query, input, photo()).await
}

fn photo() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(160, 160, |x, _| image::Rgb([if x < 80 { 240 } else { 20 }; 3]));
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    image::DynamicImage::from(picture).write_with_encoder(encoder).unwrap();
    bytes
}

pub(super) async fn certify(crew: &Crew, person: &Persona, of: &Persona, number: &str) -> Answer {
    let code = code(crew, of, of).await;
    scan(crew, person, of, &code["code"], "ANDROID_SHOPPING_APP").await.data();
    let named = identity(crew, person, of, "MAINLAND", number).await;
    if named.user_error("submitStaffIdentity").is_empty() { face(crew, person, of).await } else { named }
}

pub(super) async fn standing(crew: &Crew, viewer: &Persona, who: &Persona) -> String {
    let query = "query($id: ID!) { staffCertification(subAccountId: $id) { standing } }";
    let seen = crew.app.ok(viewer, query, json!({ "id": who.id })).await;
    seen["staffCertification"]["standing"].as_str().unwrap().to_owned()
}

/// The same person, logged in anew: the clock was moved.
pub(super) async fn again(crew: &Crew, who: &Persona) -> Persona {
    Persona { token: crew.app.log_in(&who.login).await, ..who.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_5_created_is_muted_until_certified_and_works_meanwhile() {
    let crew = crew().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("wangxiaoli").await;
    assert_eq!(standing(&crew, &crew.owner, &xiaoli).await, "MUTED");
    crew.app.log_in(&xiaoli.login).await;
    assert_eq!(crew.lists_refunds(&xiaoli).await, "", "it works meanwhile");
    let done = certify(&crew, &person, &xiaoli, &mainland_number(7)).await.data();
    let certification = &done["submitStaffPhoto"]["certification"];
    assert_eq!(
        (&certification["standing"], &certification["nextStep"]),
        (&json!("CERTIFIED"), &json!("DONE")),
        "{done}"
    );
    crew.app.clock.advance(TimeDelta::days(8));
    assert_eq!(crew.lists_refunds(&again(&crew, &xiaoli).await).await, "", "and it stays so");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_6_not_certified_within_seven_days_is_restricted_by_the_clock() {
    let crew = crew().await;
    let xiaowang = crew.hire("xiaowang", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("wangxiaoli").await;
    crew.app.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    let xiaowang = again(&crew, &xiaowang).await;
    assert_eq!(crew.lists_refunds(&xiaowang).await, "");
    crew.app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(crew.lists_refunds(&xiaowang).await, "FORBIDDEN", "by the clock: no job has run");
    let owner = again(&crew, &crew.owner).await;
    assert_eq!(standing(&crew, &owner, &xiaowang).await, "RESTRICTED");
    let list = "query($id: ID!) { shop(id: $id) { refunds(first: 1) { edges { cursor } } } }";
    let denied = crew.app.run(Some(&xiaowang.token), list, json!({ "id": crew.shop })).await;
    assert_eq!(denied.extensions()["reason"], "NOT_CERTIFIED", "{denied:?}");
    let person = again(&crew, &person).await;
    let code = code(&crew, &xiaowang, &xiaowang).await;
    scan(&crew, &person, &xiaowang, &code["code"], "IOS_SELLER_APP").await.data();
    identity(&crew, &person, &xiaowang, "MAINLAND", &mainland_number(8)).await.data();
    face(&crew, &person, &xiaowang).await.data();
    assert_eq!(crew.lists_refunds(&xiaowang).await, "", "certified: it works again with the next request");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_7_a_code_is_one_sub_accounts_and_good_for_one_scan() {
    let crew = crew().await;
    let (xiaoli, xiaowang) =
        (crew.hire("xiaoli", "CUSTOMER_SERVICE").await, crew.hire("xiaowang", "CUSTOMER_SERVICE").await);
    let person = crew.app.account("person").await;
    let made = code(&crew, &crew.owner, &xiaoli).await;
    assert!(made["svg"].as_str().unwrap().contains("<svg"), "{made}");
    assert!(made["png"].as_str().unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
    let error = |answer: Answer| answer.user_error("scanCertificationCode").to_owned();
    for client in ["ANDROID_SELLER_APP", "OTHER"] {
        assert_eq!(error(scan(&crew, &person, &xiaoli, &made["code"], client).await), "CLIENT_NOT_ALLOWED");
    }
    let android = "ANDROID_SHOPPING_APP";
    assert_eq!(error(scan(&crew, &person, &xiaowang, &made["code"], android).await), "CODE_OF_OTHER_SUB_ACCOUNT");
    assert_eq!(error(scan(&crew, &xiaowang, &xiaoli, &made["code"], android).await), "CODE_OF_OTHER_SUB_ACCOUNT");
    for forged in ["", "x", "kith:certify:", &"f".repeat(32), &"f".repeat(50_000)] {
        assert_eq!(error(scan(&crew, &person, &xiaoli, &json!(forged), android).await), "CODE_INVALID");
    }
    assert_eq!(
        error(scan(&crew, &person, &xiaoli, &made["code"], android).await),
        "",
        "the refused scans used nothing up"
    );
    assert_eq!(error(scan(&crew, &person, &xiaoli, &made["code"], android).await), "CODE_INVALID", "once");
    let (old, new) = (code(&crew, &xiaoli, &xiaoli).await, code(&crew, &xiaoli, &xiaoli).await);
    assert_eq!(error(scan(&crew, &person, &xiaoli, &old["code"], android).await), "CODE_INVALID", "replaced");
    crew.app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(error(scan(&crew, &person, &xiaoli, &new["code"], android).await), "CODE_INVALID", "too old");
    // Who may make one: the sub-account, and whoever creates sub-accounts; for others there is no such sub-account.
    let stranger = crew.app.account("stranger").await;
    for who in [&stranger, &xiaowang] {
        let answer = crew.call(who, "createCertificationCode", json!({ "subAccountId": xiaoli.id }), "code").await;
        assert!(["NOT_FOUND", "FORBIDDEN"].contains(&answer.code()), "{answer:?}");
    }
    assert!(!crew.app.dump().await.contains(new["code"].as_str().unwrap()), "only a hash of it is kept");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_8_the_steps_come_in_order_and_a_broken_session_is_resumed() {
    let crew = crew().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let (person, stranger) = (crew.app.account("person").await, crew.app.account("stranger").await);
    let number = mainland_number(11);
    let early = identity(&crew, &xiaoli, &xiaoli, "MAINLAND", &number).await;
    assert_eq!(early.user_error("submitStaffIdentity"), "STEP_OUT_OF_ORDER");
    let made = code(&crew, &xiaoli, &xiaoli).await;
    scan(&crew, &person, &xiaoli, &made["code"], "ANDROID_SHOPPING_APP").await.data();
    assert_eq!(identity(&crew, &stranger, &xiaoli, "MAINLAND", &number).await.code(), "NOT_FOUND", "h19");
    identity(&crew, &person, &xiaoli, "MAINLAND", &number).await.data();
    // The session breaks off; hours later the same person goes on where it was, logged in anew.
    crew.app.clock.advance(TimeDelta::hours(8));
    let person = again(&crew, &person).await;
    let query = "query($id: ID!) { staffCertification(subAccountId: $id) { nextStep } }";
    let seen = crew.app.ok(&person, query, json!({ "id": xiaoli.id })).await;
    assert_eq!(seen["staffCertification"]["nextStep"], "FACE");
    assert_eq!(crew.app.ok(&stranger, query, json!({ "id": xiaoli.id })).await["staffCertification"], json!(null));
    let done = face(&crew, &person, &xiaoli).await.data();
    assert_eq!(done["submitStaffPhoto"]["certification"]["standing"], "CERTIFIED", "{done}");
    let again = crew.call(&crew.owner, "createCertificationCode", json!({ "subAccountId": xiaoli.id }), "code").await;
    assert_eq!(again.user_error("createCertificationCode"), "ALREADY_CERTIFIED");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_9_one_identity_certifies_one_sub_account_of_a_shop_and_may_serve_in_another() {
    let crew = crew().await;
    let (xiaoli, xiaowang) =
        (crew.hire("xiaoli", "CUSTOMER_SERVICE").await, crew.hire("xiaowang", "CUSTOMER_SERVICE").await);
    let person = crew.app.account("person").await;
    let number = mainland_number(7);
    certify(&crew, &person, &xiaoli, &number).await.data();
    let taken = certify(&crew, &person, &xiaowang, &number).await;
    assert_eq!(taken.user_error("submitStaffIdentity"), "IDENTITY_TAKEN_IN_SHOP");
    // The same identity in another shop.
    let other = Crew::on(crew.app).await;
    let there = other.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let done = certify(&other, &person, &there, &number).await.data();
    assert_eq!(done["submitStaffPhoto"]["certification"]["standing"], "CERTIFIED");
    other.app.verified().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_10_mainland_documents_have_their_result_at_once_and_others_are_not_supported() {
    let crew = crew().await;
    let xiaoli = crew.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("person").await;
    let made = code(&crew, &xiaoli, &xiaoli).await;
    scan(&crew, &person, &xiaoli, &made["code"], "ANDROID_SHOPPING_APP").await.data();
    for (region, number, wanted) in [
        ("HONG_KONG", "A123456(3)", "REGION_NOT_SUPPORTED"),
        ("OTHER", "E12345678", "REGION_NOT_SUPPORTED"),
        ("MAINLAND", "110105194912310021", "DOCUMENT_CHECK_DIGIT_WRONG"),
    ] {
        let answer = identity(&crew, &person, &xiaoli, region, number).await;
        assert_eq!(answer.user_error("submitStaffIdentity"), wanted);
    }
    let named = identity(&crew, &person, &xiaoli, "MAINLAND", &mainland_number(11)).await.data();
    assert_eq!(named["submitStaffIdentity"]["certification"]["nextStep"], "FACE", "at once: {named}");
    crew.stop().await;
}
