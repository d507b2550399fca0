//! Reviews: announced, spread, and what a failed one takes away.

use chrono::TimeDelta;
use kith::providers::verify::rules::{Faces, Rules};
use serde_json::json;

use super::{certification, certified, lenient, photo, session, submit};
use crate::support::app::{Persona, TestApp};

async fn work(app: &TestApp) {
    while app.worker().certify(true).await.unwrap() > 0 {}
    app.deliver().await;
}

async fn shop(app: &TestApp, who: &Persona) -> String {
    let input = json!({ "input": { "name": "Lamps", "ownerName": super::NAME, "ownerPhone": "+8613812345634" } });
    let query = "mutation($input: OpenShopInput!) { openShop(input: $input) { shopId userErrors { code } } }";
    app.ok(who, query, input).await["openShop"]["shopId"].as_str().unwrap().to_owned()
}

/// Nothing that can be a face.
fn black() -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    image::DynamicImage::from(image::RgbImage::new(200, 200)).write_with_encoder(encoder).unwrap();
    bytes
}

/// A failed review is a bad record: the next comes within one to three months.
async fn reviewed_again(app: &TestApp, who: Persona) {
    app.clock.advance(TimeDelta::days(29));
    work(app).await;
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    assert_eq!(certification(app, &who).await["review"]["state"], "FAILED", "none before a month");
    app.clock.advance(TimeDelta::days(62));
    work(app).await;
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let seen = certification(app, &who).await;
    assert_eq!((&seen["review"]["kind"], &seen["review"]["state"]), (&json!("RANDOM"), &json!("ANNOUNCED")));
    // Nobody comes.
    app.clock.advance(TimeDelta::days(7));
    work(app).await;
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let seen = certification(app, &who).await;
    assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("LAPSED"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_9_a_failed_review_takes_selling_away_until_a_photo_passes() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let shop = shop(&app, &who).await;
    let item = app.item(&who, &shop, "10.00").await;
    let buyer = app.account("buyer").await;
    app.clock.advance(TimeDelta::days(364));
    work(&app).await;
    let token = app.log_in(&who.login).await;
    let who = Persona { token, ..who };
    assert_eq!(certification(&app, &who).await["review"], json!(null), "not within twelve months");
    app.clock.advance(TimeDelta::days(32));
    work(&app).await;
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let seen = certification(&app, &who).await;
    assert_eq!((&seen["review"]["kind"], &seen["review"]["state"]), (&json!("PERIODIC"), &json!("ANNOUNCED")));
    assert_eq!(seen["certified"], json!(true), "announcing takes nothing away");
    let told = app.ok(&who, "{ viewer { notifications(first: 10) { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("review.announced"), "{told}");
    let id = session(&app, &who).await;
    let failed = submit(&app, &who, &id, black()).await.data();
    assert_eq!(failed["submitPersonPhoto"]["session"]["reason"], "PHOTO_UNUSABLE", "{failed}");
    let seen = certification(&app, &who).await;
    assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("FAILED"), &json!(false)));
    let buyer = Persona { token: app.log_in(&buyer.login).await, ..buyer };
    let list = json!({ "input": { "shopId": shop, "title": "Lamp", "price": { "amount": "1.00" } } });
    let create = "mutation($input: CreateItemInput!) { createItem(input: $input) { itemId userErrors { code } } }";
    let order = json!({ "input": { "shopId": shop, "itemId": item, "quantity": 1 } });
    let place = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: \"k\") {
        order { id } userErrors { code } } }";
    assert_eq!(app.run(Some(&who.token), create, list.clone()).await.user_error("createItem"), "SELLING_SUSPENDED");
    assert_eq!(app.run(Some(&buyer.token), place, order.clone()).await.user_error("placeOrder"), "SELLING_SUSPENDED");
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    assert_eq!(certification(&app, &who).await["certified"], json!(true));
    assert!(app.ok(&who, create, list).await["createItem"]["itemId"].is_string());
    assert!(app.ok(&buyer, place, order).await["placeOrder"]["order"]["id"].is_string());
    Box::pin(reviewed_again(&app, who)).await;
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_6_everyone_is_reviewed_every_twelve_months_and_told_before() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let passed_at = app.now();
    let mut announced = None;
    for day in 0..400 {
        app.clock.advance(TimeDelta::days(1));
        work(&app).await;
        if day < 360 {
            continue;
        }
        let who = Persona { token: app.log_in(&who.login).await, ..who.clone() };
        let review = certification(&app, &who).await["review"].clone();
        if review["state"] == "ANNOUNCED" {
            assert_eq!(review["kind"], "PERIODIC");
            announced = Some(app.now());
            break;
        }
    }
    let after = announced.expect("a review") - passed_at;
    assert!((365..=396).contains(&after.num_days()), "{after}");
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let told = app.ok(&who, "{ viewer { notifications(first: 10) { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("review.announced"), "{told}");
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    let seen = certification(&app, &who).await;
    assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("PASSED"), &json!(true)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_6_an_operator_marks_a_bad_record_and_the_review_comes_at_a_random_time() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let operator = app.operator(&["platform.certification.review"]).await;
    let query = "mutation($input: SetBadRecordInput!) { setBadRecord(input: $input) { reviewAt userErrors { code } } }";
    let mark =
        |bad: bool, reason: &'static str| json!({ "input": { "accountId": who.id, "bad": bad, "reason": reason } });
    assert_eq!(app.run(Some(&who.token), query, mark(false, "I am good")).await.code(), "FORBIDDEN");
    assert_eq!(
        app.run(Some(&operator.token), query, mark(true, "")).await.user_error("setBadRecord"),
        "REASON_INVALID"
    );
    let mut days = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let set = app.ok(&operator, query, mark(true, "Sold what was not there")).await;
        let at: chrono::DateTime<chrono::Utc> = set["setBadRecord"]["reviewAt"].as_str().unwrap().parse().unwrap();
        assert!((30..=90).contains(&(at - app.now()).num_days()), "{at}");
        days.insert(at);
        app.ok(&operator, query, mark(false, "Made good")).await;
    }
    assert!(days.len() > 1, "the day is random: {days:?}");
    let set = app.ok(&operator, query, mark(false, "Made good")).await;
    let at: chrono::DateTime<chrono::Utc> = set["setBadRecord"]["reviewAt"].as_str().unwrap().parse().unwrap();
    assert!((at - app.now()).num_days() >= 365);
    app.stop().await;
}

/// Who sent a photo in time loses nothing while the verifier or an operator has not answered; the answer decides, whenever it comes.
#[tokio::test(flavor = "multi_thread")]
async fn r2_6_a_photo_in_time_counts_however_long_its_answer_takes() {
    let app = TestApp::start().await;
    let people = [("mei", "+8613812345634", super::NUMBER), ("lei", "+8613812345635", "110105194912310038")];
    let mut who = Vec::new();
    for (stem, phone, number) in people {
        let person = super::somebody(&app, stem, phone).await;
        super::document(&app, &person, "MAINLAND", number, super::NAME).await.data();
        let id = session(&app, &person).await;
        submit(&app, &person, &id, photo()).await.data();
        who.push(person);
    }
    // No verifier: an operator looks (`Faces::Review`).
    answer(&app, true).await;
    answer(&app, true).await;
    let shop = shop(&app, &who[0]).await;
    app.clock.advance(TimeDelta::days(397));
    work(&app).await;
    let who: Vec<Persona> = logged_in(&app, who).await;
    for person in &who {
        assert_eq!(certification(&app, person).await["review"]["state"], "ANNOUNCED");
    }
    // On the last day, minutes before the time is over.
    app.clock.advance(TimeDelta::days(7) - TimeDelta::minutes(10));
    let who = logged_in(&app, who).await;
    for person in &who {
        let id = session(&app, person).await;
        let sent = submit(&app, person, &id, photo()).await.data();
        assert_eq!(sent["submitPersonPhoto"]["session"]["state"], "SUBMITTED", "{sent}");
    }
    app.clock.advance(TimeDelta::days(20));
    work(&app).await;
    let who = logged_in(&app, who).await;
    for person in &who {
        let seen = certification(&app, person).await;
        assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("ANNOUNCED"), &json!(true)), "{seen}");
    }
    app.item(&who[0], &shop, "10.00").await;
    answer(&app, true).await;
    answer(&app, false).await;
    let (passed, failed) = (certification(&app, &who[0]).await, certification(&app, &who[1]).await);
    assert_eq!((&passed["review"]["state"], &passed["certified"]), (&json!("PASSED"), &json!(true)), "{passed}");
    assert_eq!((&failed["review"]["state"], &failed["certified"]), (&json!("FAILED"), &json!(false)), "{failed}");
    app.verified().await;
    app.stop().await;
}

/// A photo that comes when the time is over does not undo that; once it passes, selling is back.
#[tokio::test(flavor = "multi_thread")]
async fn r2_9_a_photo_after_the_time_comes_too_late_and_still_brings_selling_back() {
    let app = lenient(TestApp::start().await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let app = app.certified_by(|outside| outside.face = std::sync::Arc::new(Rules(Faces::Review)));
    app.clock.advance(TimeDelta::days(397));
    work(&app).await;
    app.clock.advance(TimeDelta::days(7));
    let who = logged_in(&app, vec![who]).await.remove(0);
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    work(&app).await;
    let seen = certification(&app, &who).await;
    assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("LAPSED"), &json!(false)), "{seen}");
    answer(&app, true).await;
    assert_eq!(certification(&app, &who).await["certified"], json!(true));
    app.stop().await;
}

/// An operator answers what waits longest.
async fn answer(app: &TestApp, passed: bool) {
    let operator = app.operator(&["platform.certification.review"]).await;
    let queue = app.ok(&operator, "{ verificationQueue(first: 1) { edges { node { id } } } }", json!({})).await;
    let id = &queue["verificationQueue"]["edges"][0]["node"]["id"];
    let decide = "mutation($input: DecideVerificationInput!) {
        decideVerification(input: $input) { verificationId userErrors { code } } }";
    app.look_at(&operator, id).await;
    let reason = (!passed).then_some("Somebody else.");
    let input = json!({ "input": { "verificationId": id, "passed": passed, "reason": reason } });
    let done = app.ok(&operator, decide, input).await;
    assert_eq!(done["decideVerification"]["verificationId"], *id, "{done}");
}

async fn logged_in(app: &TestApp, who: Vec<Persona>) -> Vec<Persona> {
    let mut anew = Vec::new();
    for person in who {
        anew.push(Persona { token: app.log_in(&person.login).await, ..person });
    }
    anew
}
