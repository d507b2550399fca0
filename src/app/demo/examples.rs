//! The playground's example queries: files that people and tests read, with the ids of the demo world filled in.

use poem::web::Json;
use poem::{Endpoint, IntoResponse, Response, endpoint};
use serde_json::{Value, json};

use super::Personas;

macro_rules! examples {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../playground/examples/", $name, ".graphql")))),*]
    };
}

/// Every example, in the order of the story.
const EXAMPLES: &[(&str, &str)] = examples! {
    "01-who-am-i" "02-refunds" "03-denied" "04-grant" "05-dry-run" "06-approve" "07-too-much" "08-explain" "09-audit-trail"
    "10-buyer" "11-catalogue" "12-bind-phone" "13-dev-outbox" "14-sessions" "15-step-up" "16-authenticator" "17-alerts"
    "18-recovery" "19-listen" "20-addresses" "21-possible-associations" "22-own-association" "23-look-up" "24-friends"
    "25-preferences" "26-delete-account" "27-create-position" "28-create-sub-account" "29-tick-and-save" "30-payment-methods"
    "31-add-card" "32-pay-order" "33-statement" "34-deposit" "35-red-packet" "36-login-policy" "37-move-sub-account"
    "38-depart" "39-invite-manager" "40-family-links" "41-intimate-pay-parents" "42-intimate-pay-study-goods"
    "43-intimate-pay-household" "44-intimate-pay-emergency" "45-intimate-pay-bill" "46-intimate-pay-report"
    "47-pay-intimately" "48-ask-to-pay" "49-approve-pay-request" "50-certify" "51-person-session" "52-my-certification"
    "53-qr-code" "54-staff-standing" "55-batch" "56-decoration" "57-unused" "58-audit-export" "59-verification-queue"
    "60-certify-by-payment-account" "61-charity-numbers" "62-charity-item" "63-charity-organisation" "64-confirm-receipt"
    "65-funds" "66-log-in-by-code" "67-contact-shop" "68-desk-online" "69-conversations" "70-reply-to-buyer"
    "71-report-message" "72-roster" "73-set-roster" "74-shift-bound-grant" "75-simulate-routing" "76-reports" "77-services"
    "78-authorize" "79-plugins" "80-assign-conversation" "81-change-own-password" "82-reset-sub-account-password"
    "83-pay-out-donations" "85-open-red-packets" "86-close-shop" "87-dispute" "90-open-shop" "91-create-item" "92-change-price" "93-finance"
    "94-review-refund" "95-reject-refund" "96-withdraw" "97-who-could" "98-two-shops" "99-listen-chat"
};

/// `GET /demo/examples.json`.
pub fn endpoint(demo: &Personas) -> impl Endpoint<Output = Response> + use<> {
    let all: Vec<Value> = EXAMPLES.iter().map(|(id, text)| example(id, text, &demo.ids)).collect();
    endpoint::make_sync(move |_| Json(&all).into_response())
}

/// One example. Its first lines say who it is for and what it shows: `# persona: …`, `# en: …`, `# zh: …`.
fn example(id: &str, text: &str, ids: &[(&'static str, String)]) -> Value {
    let head = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("# {key}: ")));
        line.unwrap_or_default().to_owned()
    };
    // The number under which texts speak of it is that of its file.
    let number = id.split('-').next().unwrap_or_default();
    let title = |language: &str| format!("{number} · {}", head(language));
    let query: Vec<&str> = text.lines().filter(|line| !line.starts_with("# ")).collect();
    let query = ids.iter().fold(query.join("\n"), |query, (name, id)| query.replace(&format!("{{{{{name}}}}}"), id));
    json!({
        "id": id,
        "persona": head("persona"),
        "title": { "en": title("en"), "zh": title("zh") },
        "query": query,
        "variables": {},
    })
}
