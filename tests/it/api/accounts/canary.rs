//! h35: what is given in confidence is found in no table in the clear.

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h35_numbers_codes_and_passwords_stand_in_no_table() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let (phone, email) = ("+8613812345634", "canary.bird@example.com");
    let send = "mutation($p: String!) { sendPhoneCode(input: { phone: $p }) { codeId } }";
    app.ok(&who, send, json!({ "p": phone })).await;
    // While the message waits, and after it was sent.
    let waiting = app.dump().await;
    let code = app.code_to(phone).await;
    let bind =
        "mutation($p: String!, $c: String!) { bindPhone(input: { phone: $p, code: $c }) { userErrors { code } } }";
    app.ok(&who, bind, json!({ "p": phone, "c": "000000" })).await;
    app.ok(&who, bind, json!({ "p": phone, "c": code })).await;
    app.ok(&who, "mutation($e: String!) { sendEmailCode(input: { email: $e }) { codeId } }", json!({ "e": email }))
        .await;
    let second = app.code_to(email).await;
    let after = app.dump().await;
    assert!(after.contains("bindContact") && waiting.contains("message.queued"), "the tables were read");
    for canary in [phone, &phone[3..], email, "canary.bird", PASSWORD, &code, &second, &who.token] {
        for dump in [&waiting, &after] {
            // A code is six digits, which a random identifier may hold by chance: it is looked for as a word.
            let word = |text: &str| {
                dump.match_indices(text).any(|(at, _)| {
                    let around = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.');
                    around(dump[..at].chars().next_back()) && around(dump[at + text.len()..].chars().next())
                })
            };
            assert!(!word(canary), "{canary} stands in the database");
            assert!(canary.len() < 8 || !dump.contains(&hex(canary)), "{canary} stands in the database as bytes");
        }
    }
    let sent = after.lines().filter(|line| line.contains("code.bind")).collect::<Vec<_>>();
    assert!(!sent.is_empty() && sent.iter().all(|line| line.contains(",SENT,")), "{sent:?}");
    app.stop().await;
}
