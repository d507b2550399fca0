//! Family links: invitations, answers, states.

mod links;

use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};

/// Runs a mutation that takes one input.
async fn call(app: &TestApp, who: &Persona, mutation: &str, kind: &str, input: Value) -> Answer {
    let select = match mutation {
        "inviteFamilyMember" => "familyLink { id state } invitationLink token",
        _ => "familyLink { id state }",
    };
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {select} userErrors {{ code field message }} }} }}"
    );
    app.run(Some(&who.token), &query, json!({ "input": input })).await
}

/// Invites a relative; gives the link's id and token.
pub async fn invite(app: &TestApp, who: &Persona, relation: &str) -> (String, String) {
    let input = json!({ "relation": relation, "name": "Dad 爸爸" });
    let made = call(app, who, "inviteFamilyMember", "InviteFamilyMemberInput", input).await.data();
    let made = &made["inviteFamilyMember"];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    (text(&made["familyLink"]["id"]), text(&made["token"]))
}

/// Accepts or declines.
pub async fn answer(app: &TestApp, who: &Persona, token: &str, accept: bool) -> Answer {
    let mutation = if accept { "acceptFamilyInvitation" } else { "declineFamilyInvitation" };
    call(app, who, mutation, "FamilyInvitationInput", json!({ "token": token })).await
}

/// A family link that stands between two; gives its id.
pub async fn linked(app: &TestApp, inviter: &Persona, relative: &Persona) -> String {
    let (id, token) = invite(app, inviter, "PARENT").await;
    let accepted = answer(app, relative, &token, true).await.data();
    assert_eq!(accepted["acceptFamilyInvitation"]["familyLink"]["state"], "ACCEPTED", "{accepted}");
    id
}
