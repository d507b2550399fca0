//! Certification: documents, photos, reviews, and what they open.

mod creators;
mod document;
mod operators;
mod parallel;
mod payment_account;
mod person;
mod photos;
mod reviews;
mod verifier;

use kith::providers::verify::rules::{Faces, Rules};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::app::{Answer, Persona, TestApp};

/// The name in everybody's document.
const NAME: &str = "韩梅梅";
/// A number that the standard prints.
const NUMBER: &str = "11010519491231002X";

/// An account with a bound phone.
async fn somebody(app: &TestApp, stem: &str, phone: &str) -> Persona {
    let who = app.account(stem).await;
    app.bind_phone(&who, phone).await;
    who
}

/// Where usable photos pass.
fn lenient(app: TestApp) -> TestApp {
    app.certified_by(|certifier| certifier.face = Arc::new(Rules(Faces::Pass)))
}

async fn document(app: &TestApp, who: &Persona, region: &str, number: &str, name: &str) -> Answer {
    let query = "mutation($input: CertifyByDocumentInput!) { certifyByDocument(input: $input) {
        certification { certified realName { state method region maskedName maskedNumber reason } }
        userErrors { code field message } } }";
    app.run(Some(&who.token), query, json!({ "input": { "region": region, "number": number, "name": name } })).await
}

async fn start(app: &TestApp, who: &Persona) -> Answer {
    let query = "mutation { startPersonSession { session { id gesture instruction state expiresAt }
        userErrors { code message } } }";
    app.run(Some(&who.token), query, json!({})).await
}

async fn session(app: &TestApp, who: &Persona) -> String {
    let started = start(app, who).await.data();
    let id = started["startPersonSession"]["session"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{started}")).to_owned()
}

async fn submit(app: &TestApp, who: &Persona, session: &str, photo: Vec<u8>) -> Answer {
    let query = "mutation($input: SubmitPersonPhotoInput!) { submitPersonPhoto(input: $input) {
        session { id state reason } userErrors { code field message } } }";
    app.run_with_file(who, query, json!({ "input": { "sessionId": session } }), photo).await
}

async fn certification(app: &TestApp, who: &Persona) -> Value {
    let query = "{ viewer { certification { certified realPersonAt suspendedAt creatorSince
        realName { state reason } session { id state reason } review { kind state dueAt } } } }";
    app.ok(who, query, json!({})).await["viewer"]["certification"].clone()
}

/// Name and person, both passed.
async fn certified(app: &TestApp, stem: &str, phone: &str) -> Persona {
    let who = somebody(app, stem, phone).await;
    let named = document(app, &who, "MAINLAND", NUMBER, NAME).await.data();
    assert_eq!(named["certifyByDocument"]["certification"]["realName"]["state"], "PASSED", "{named}");
    let id = session(app, &who).await;
    let seen = submit(app, &who, &id, photo()).await.data();
    assert_eq!(seen["submitPersonPhoto"]["session"]["state"], "PASSED", "{seen}");
    who
}

/// Something that could be a photo: a JPEG with light and shade.
fn photo() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(160, 160, |x, y| {
        if (x / 32 + y / 32) % 2 == 0 { image::Rgb([230, 200, 180]) } else { image::Rgb([40, 50, 60]) }
    });
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    image::DynamicImage::from(picture).write_with_encoder(encoder).unwrap();
    bytes
}
