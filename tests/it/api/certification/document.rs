//! `certifyByDocument`.

use serde_json::json;

use super::{NAME, NUMBER, certification, document, somebody};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn r2_2_by_document_the_name_is_certified_at_once_and_shown_masked() {
    let app = TestApp::start().await;
    let who = app.account("mei").await;
    let without_phone = document(&app, &who, "MAINLAND", NUMBER, NAME).await;
    assert_eq!(without_phone.user_error("certifyByDocument"), "PHONE_NOT_BOUND");
    app.bind_phone(&who, "+8613812345634").await;
    let answer = document(&app, &who, "MAINLAND", NUMBER, NAME).await;
    let name = &answer.0["data"]["certifyByDocument"]["certification"]["realName"];
    assert_eq!((&name["state"], &name["method"]), (&json!("PASSED"), &json!("DOCUMENT")), "{answer:?}");
    assert_eq!((&name["maskedName"], &name["maskedNumber"]), (&json!("韩**"), &json!("1***************2X")));
    assert_eq!(answer.0["data"]["certifyByDocument"]["certification"]["certified"], json!(false), "a face is missing");
    let again = document(&app, &who, "MAINLAND", NUMBER, NAME).await;
    assert_eq!(again.user_error("certifyByDocument"), "ALREADY_CERTIFIED");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_3_each_thing_that_is_wrong_with_a_number_has_its_own_code() {
    let app = TestApp::start().await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    let long = "1".repeat(100_000);
    for (region, number, name, code) in [
        ("MAINLAND", "1101051949123100", NAME, "DOCUMENT_INVALID"),
        ("MAINLAND", "", NAME, "DOCUMENT_INVALID"),
        ("MAINLAND", "\u{0}", NAME, "DOCUMENT_INVALID"),
        ("MAINLAND", long.as_str(), NAME, "DOCUMENT_INVALID"),
        ("MAINLAND", "99010519491231002X", NAME, "DOCUMENT_REGION_CODE_UNKNOWN"),
        ("MAINLAND", "11010519490230002X", NAME, "DOCUMENT_DATE_INVALID"),
        ("MAINLAND", "110105194912310021", NAME, "DOCUMENT_CHECK_DIGIT_WRONG"),
        ("MAINLAND", "A123456(3)", NAME, "DOCUMENT_OF_OTHER_REGION"),
        ("HONG_KONG", NUMBER, NAME, "DOCUMENT_OF_OTHER_REGION"),
        ("OTHER", NUMBER, NAME, "DOCUMENT_OF_OTHER_REGION"),
        ("TAIWAN", "A123456788", NAME, "DOCUMENT_INVALID"),
        ("MAINLAND", NUMBER, "1", "NAME_INVALID"),
        ("MAINLAND", NUMBER, "<script>", "NAME_INVALID"),
    ] {
        let answer = document(&app, &who, region, number, name).await;
        assert_eq!(answer.user_error("certifyByDocument"), code, "{region} {number:.30}: {answer:?}");
    }
    assert_eq!(certification(&app, &who).await["realName"], json!(null), "nothing was begun");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_9_one_identity_certifies_one_operator() {
    let app = TestApp::start().await;
    let first = somebody(&app, "one", "+8613812345634").await;
    let second = somebody(&app, "two", "+8613812345635").await;
    document(&app, &first, "MAINLAND", NUMBER, NAME).await.data();
    for written in [NUMBER, "11010519491231002x", "110105 19491231 002X"] {
        let answer = document(&app, &second, "MAINLAND", written, "Somebody Else").await;
        assert_eq!(answer.user_error("certifyByDocument"), "IDENTITY_TAKEN");
        assert!(!answer.0.to_string().contains(&first.login), "nothing is said of the other account");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h35_name_and_number_are_nowhere_in_the_clear() {
    let app = TestApp::start().await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, "Zhuangzhou Dreamt").await.data();
    document(&app, &who, "MAINLAND", "110105194912310021", "Zhuangzhou Dreamt").await.data();
    let dump = app.dump().await;
    for canary in [NUMBER, "110105194912310021", "Zhuangzhou", "5a6875616e67"] {
        assert!(!dump.contains(canary), "{canary} is in the database in the clear");
    }
    app.stop().await;
}
