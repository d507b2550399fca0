//! Bad names (requirement 4.11 and the bad input of the issue): each kind has a message of its own.

use serde_json::json;

use super::crew::Crew;
use crate::support::app::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_bad_names_are_refused_each_with_its_own_message() {
    let crew = Crew::start().await;
    let position = crew.position("OTHER");
    let long = "丽".repeat(50_000);
    let mut messages = std::collections::HashSet::new();
    for (name, code) in [
        ("x", "NAME_TOO_SHORT"),
        (long.as_str(), "NAME_TOO_LONG"),
        ("aurora:li", "NAME_HAS_COLON"),
        ("aurora：li", "NAME_HAS_FULL_WIDTH_COLON"),
        ("xiao\tli", "NAME_HAS_CONTROL_CHARACTER"),
        ("xiao\u{0}li", "NAME_HAS_CONTROL_CHARACTER"),
        ("xiao\u{202e}li", "NAME_HAS_BIDI_CHARACTER"),
        ("xiao\u{200b}li", "NAME_HAS_INVISIBLE_CHARACTER"),
        ("\u{feff}xiaoli", "NAME_HAS_INVISIBLE_CHARACTER"),
        ("xiao li", "NAME_INVALID"),
        ("xi\u{430}oli", "NAME_INVALID"),
    ] {
        let answer = crew.create(&crew.owner, name, &position).await;
        assert_eq!(answer.user_error("createSubAccount"), code, "{name:.20}");
        let message = answer.0["data"]["createSubAccount"]["userErrors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.len() < 300 && !message.contains('\u{202e}'), "the name is not repeated: {message:.300}");
        messages.insert((code, message));
    }
    assert_eq!(messages.len(), 8, "one message for each code: {messages:?}");
    let all = "query($id: ID!) { shop(id: $id) { subAccounts { edges { cursor } } } }";
    let all = crew.app.ok(&crew.owner, all, json!({ "id": crew.shop })).await;
    assert_eq!(all["shop"]["subAccounts"]["edges"], json!([]), "none of them was created");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_printable_and_short() {
    let crew = Crew::start().await;
    for (shown, code) in [
        ("x".repeat(50_000), "NAME_TOO_LONG"),
        ("a\u{7}".to_owned(), "NAME_HAS_CONTROL_CHARACTER"),
        ("  ".to_owned(), "NAME_TOO_SHORT"),
    ] {
        let input = json!({ "shopId": crew.shop, "name": "xiaoli", "displayName": shown, "password": PASSWORD,
                            "positionId": crew.position("OTHER") });
        let answer = crew.call(&crew.owner, "createSubAccount", input, "subAccount { id }").await;
        assert_eq!(answer.user_error("createSubAccount"), code);
        let field = &answer.0["data"]["createSubAccount"]["userErrors"][0]["field"];
        assert_eq!(field, &json!(["input", "displayName"]));
        let input = json!({ "shopId": crew.shop, "name": shown, "permissions": [] });
        let answer = crew.call(&crew.owner, "createPosition", input, "position { id }").await;
        assert_eq!(answer.user_error("createPosition"), code);
    }
    crew.stop().await;
}
