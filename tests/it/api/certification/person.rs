//! `startPersonSession` and `submitPersonPhoto`.

use chrono::TimeDelta;
use serde_json::json;

use super::{NAME, NUMBER, certification, certified, document, lenient, photo, session, somebody, start, submit};
use crate::support::app::{Persona, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn r2_5_real_name_comes_first_then_real_person_and_then_a_shop() {
    let app = lenient(TestApp::start().await);
    let who = somebody(&app, "mei", "+8613812345634").await;
    assert_eq!(start(&app, &who).await.user_error("startPersonSession"), "REAL_NAME_FIRST");
    let open = |name: &'static str, phone: &'static str| {
        let input = json!({ "input": { "name": "Lamps", "ownerName": name, "ownerPhone": phone } });
        let query = "mutation($input: OpenShopInput!) { openShop(input: $input) { shopId userErrors { code } } }";
        app.run(Some(&who.token), query, input)
    };
    assert_eq!(open(NAME, "+8613812345634").await.user_error("openShop"), "NOT_CERTIFIED");
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    assert_eq!(
        open(NAME, "+8613812345634").await.user_error("openShop"),
        "NOT_CERTIFIED",
        "the name alone is not enough"
    );
    let id = session(&app, &who).await;
    let seen = submit(&app, &who, &id, photo()).await.data();
    assert_eq!(seen["submitPersonPhoto"]["session"]["state"], "PASSED", "{seen}");
    app.deliver().await;
    let told = app.ok(&who, "{ viewer { notifications(first: 10) { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("certification.real_person_passed"), "{told}");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_10_a_shop_is_opened_under_the_name_and_phone_of_the_identity() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let open = |name: &'static str, phone: &'static str| {
        let input = json!({ "input": { "name": "Lamps", "ownerName": name, "ownerPhone": phone } });
        let query = "mutation($input: OpenShopInput!) { openShop(input: $input) { shopId userErrors { code } } }";
        app.run(Some(&who.token), query, input)
    };
    assert_eq!(open("李雷", "+8613812345634").await.user_error("openShop"), "OWNER_NAME_DIFFERS");
    assert_eq!(open("", "+8613812345634").await.user_error("openShop"), "OWNER_NAME_DIFFERS");
    assert_eq!(open(NAME, "+8613812345635").await.user_error("openShop"), "OWNER_PHONE_DIFFERS");
    assert_eq!(open(NAME, "x").await.user_error("openShop"), "OWNER_PHONE_DIFFERS");
    let opened = open(NAME, "138 1234 5634").await.data();
    assert!(opened["openShop"]["shopId"].is_string(), "{opened}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_10_the_phone_of_the_identity_is_still_the_persons_when_the_shop_opens() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let open = |phone: &'static str| {
        let input = json!({ "input": { "name": "Lamps", "ownerName": NAME, "ownerPhone": phone } });
        let query = "mutation($input: OpenShopInput!) { openShop(input: $input) { shopId userErrors { code } } }";
        app.run(Some(&who.token), query, input)
    };
    // She changes her number; the old one is somebody else's now.
    app.step_up(&who).await;
    let contact =
        app.ok(&who, "{ viewer { contacts { id } } }", json!({})).await["viewer"]["contacts"][0]["id"].clone();
    let send =
        "mutation($p: String!) { sendPhoneCode(input: { phone: $p, purpose: CHANGE }) { codeId userErrors { code } } }";
    app.ok(&who, send, json!({ "p": "+8613912345678" })).await;
    let change = "mutation($id: ID!, $p: String!, $c: String!) {
        changePhone(input: { contactId: $id, phone: $p, code: $c }) { contact { masked } userErrors { code } } }";
    let code = app.code_to("+8613912345678").await;
    let changed = app.ok(&who, change, json!({ "id": contact, "p": "+8613912345678", "c": code })).await;
    assert!(changed["changePhone"]["contact"]["masked"].is_string(), "{changed}");
    let other = app.account("other").await;
    app.bind_phone(&other, "+8613812345634").await;
    assert_eq!(open("+8613812345634").await.user_error("openShop"), "OWNER_PHONE_NOT_BOUND");
    assert_eq!(open("+8613912345678").await.user_error("openShop"), "OWNER_PHONE_DIFFERS");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_8_a_late_photo_is_refused_and_a_new_session_can_start() {
    let app = lenient(TestApp::start().await);
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let late = session(&app, &who).await;
    app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(certification(&app, &who).await["session"]["state"], "EXPIRED");
    assert_eq!(submit(&app, &who, &late, photo()).await.user_error("submitPersonPhoto"), "SESSION_EXPIRED");
    let replaced = session(&app, &who).await;
    let open = session(&app, &who).await;
    assert_eq!(submit(&app, &who, &replaced, photo()).await.user_error("submitPersonPhoto"), "SESSION_CLOSED");
    app.clock.advance(TimeDelta::minutes(5) - TimeDelta::seconds(1));
    let seen = submit(&app, &who, &open, photo()).await.data();
    assert_eq!(seen["submitPersonPhoto"]["session"]["state"], "PASSED", "{seen}");
    assert_eq!(submit(&app, &who, &open, photo()).await.user_error("submitPersonPhoto"), "SESSION_CLOSED", "once");
    for _ in 0..17 {
        session(&app, &who).await;
    }
    assert_eq!(start(&app, &who).await.user_error("startPersonSession"), "SESSIONS_USED_UP");
    app.clock.advance(TimeDelta::days(1));
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    session(&app, &who).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_4_the_photo_may_come_from_another_client_than_the_session() {
    let app = lenient(TestApp::start().await);
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    let elsewhere = Persona { token: app.log_in(&who.login).await, ..who.clone() };
    let seen = submit(&app, &elsewhere, &id, photo()).await.data();
    assert_eq!(seen["submitPersonPhoto"]["session"]["state"], "PASSED");
    let stranger = app.account("stranger").await;
    let open = session(&app, &who).await;
    assert_eq!(submit(&app, &stranger, &open, photo()).await.code(), "NOT_FOUND", "h19");
    let other = kith::kernel::ids::PersonSessionId::generate().to_string();
    assert_eq!(submit(&app, &who, &other, photo()).await.code(), "NOT_FOUND");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_4_only_photos_are_taken_and_they_go_after_the_retention_period() {
    let app = lenient(TestApp::start().await);
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    for (bytes, code) in [
        (b"GIF89a not a photo".to_vec(), "PHOTO_TYPE"),
        (b"\x89PNG\r\n\x1a\n broken".to_vec(), "PHOTO_BROKEN"),
        (vec![0xff; 5 * 1024 * 1024 + 1], "PHOTO_TOO_LARGE"),
        (Vec::new(), "PHOTO_TYPE"),
    ] {
        assert_eq!(submit(&app, &who, &id, bytes).await.user_error("submitPersonPhoto"), code);
    }
    let query =
        "mutation($input: SubmitPersonPhotoInput!) { submitPersonPhoto(input: $input) { userErrors { code } } }";
    for forged in ["#kith-upload:0", "#kith-upload:99999999999999999999", "#__graphql_file__:0", "photo.jpg", ""] {
        let input = json!({ "input": { "sessionId": id, "photo": forged } });
        let answer = app.run(Some(&who.token), query, input).await;
        assert_eq!(answer.user_error("submitPersonPhoto"), "PHOTO_MISSING", "{forged}: {answer:?}");
    }
    submit(&app, &who, &id, photo()).await.data();
    let folder = format!("faces/{id}");
    let kept = async || app.certifier.photos.delete_below("nothing").await.unwrap();
    assert_eq!(kept().await, 0);
    app.clock.advance(TimeDelta::days(89));
    app.worker().certify(true).await.unwrap();
    let dump = app.dump().await;
    assert!(dump.contains(&folder), "it is kept for 90 days");
    app.clock.advance(TimeDelta::days(2));
    app.worker().certify(true).await.unwrap();
    assert_eq!(app.certifier.photos.delete_below(&folder).await.unwrap(), 0, "the worker deleted it");
    app.stop().await;
}

/// The head of a PNG of 30,000 × 30,000 pixels: 2.7 GB once it is unpacked.
fn bomb() -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend([30_000_u32.to_be_bytes(), 30_000_u32.to_be_bytes()].concat());
    head.extend([8, 2, 0, 0, 0]);
    let sum = crc32fast::hash(&head).to_be_bytes();
    [&b"\x89PNG\r\n\x1a\n\0\0\0\x0d"[..], &head, &sum, b"\0\0\0\x01IDAT\0"].concat()
}

/// What comes in is not what is kept: bombs are refused before they go off, and pictures are made anew without what they carried.
#[tokio::test(flavor = "multi_thread")]
async fn h31_bombs_are_refused_and_what_is_kept_carries_nothing_along() {
    let app = lenient(TestApp::start().await);
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    assert_eq!(submit(&app, &who, &id, bomb()).await.user_error("submitPersonPhoto"), "PHOTO_TOO_MANY_PIXELS");
    // A comment and an EXIF block, as cameras write them: where the picture was taken.
    let canary = b"GPS canary 31.2304N 121.4737E";
    let mut carrying = photo();
    for (marker, head) in [(0xe1, &b"Exif\0\0"[..]), (0xfe, &b""[..])] {
        let body = [head, canary].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        carrying.splice(2..2, [&[0xff, marker][..], &length, &body].concat());
    }
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
    assert!(holds(&carrying));
    submit(&app, &who, &id, carrying).await.data();
    let dump = app.dump().await;
    let at = dump.find(&format!("faces/{id}/")).unwrap();
    let key: String = dump[at..].chars().take_while(|c| !",)\"\n".contains(*c)).collect();
    let kept = app.certifier.photos.get(&key).await.unwrap().unwrap_or_else(|| panic!("{key}"));
    assert!(kept.starts_with(b"\xff\xd8\xff") && !holds(&kept), "a JPEG, made anew");
    app.stop().await;
}
