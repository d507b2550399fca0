//! Requirements 0.1 and 0.2.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{answer, call, invite, linked};
use crate::support::app::{Persona, TestApp};

const LINKS: &str =
    "query($standing: Boolean!) { viewer { familyAdvice familyLinks(standingOnly: $standing) { edges { node {
    id state relation relativeName phone isInviter inviter { displayName } relative { displayName } } } } } }";

async fn links(app: &TestApp, who: &Persona, standing: bool) -> Vec<Value> {
    let data = app.ok(who, LINKS, json!({ "standing": standing })).await;
    let edges = data["viewer"]["familyLinks"]["edges"].as_array().unwrap().clone();
    edges.into_iter().map(|edge| edge["node"].clone()).collect()
}

async fn revoke(app: &TestApp, who: &Persona, link: &str) -> crate::support::app::Answer {
    let input = json!({ "familyLinkId": link });
    call(app, who, "revokeFamilyInvitation", "RevokeFamilyInvitationInput", input).await
}

async fn end(app: &TestApp, who: &Persona, link: &str) -> crate::support::app::Answer {
    call(app, who, "endFamilyLink", "EndFamilyLinkInput", json!({ "familyLinkId": link })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_1_an_empty_list_says_how_to_add_the_first() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    let data = app.ok(&daughter, LINKS, json!({ "standing": false })).await;
    assert_eq!(data["viewer"]["familyLinks"]["edges"], json!([]));
    assert!(data["viewer"]["familyAdvice"].as_str().unwrap().contains("inviteFamilyMember"), "{data}");
    linked(&app, &daughter, &father).await;
    let data = app.ok(&daughter, LINKS, json!({ "standing": true })).await;
    assert_eq!(data["viewer"]["familyAdvice"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_2_only_acceptance_makes_the_link_and_then_both_sides_list_it() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    app.bind_phone(&father, "+8613812345634").await;
    let input = json!({ "relation": "PARENT", "name": "爸爸", "phone": "138 1234 5634" });
    let made = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input).await.data();
    let made = &made["inviteFamilyMember"];
    let token = made["token"].as_str().unwrap();
    assert!(made["invitationLink"].as_str().unwrap().ends_with(token), "{made}");
    assert_eq!(links(&app, &daughter, true).await, Vec::<Value>::new(), "asking makes no link");
    assert_eq!(links(&app, &father, false).await, Vec::<Value>::new());
    let pending = &links(&app, &daughter, false).await[0];
    assert_eq!((&pending["state"], &pending["phone"]), (&json!("PENDING"), &json!("+86138******34")), "{pending}");

    let seen = "query($token: String!) { familyInvitation(token: $token) { inviterName relation relativeName state } }";
    let seen = app.ok(&father, seen, json!({ "token": token })).await;
    let wanted =
        json!({ "inviterName": daughter.login, "relation": "PARENT", "relativeName": "爸爸", "state": "PENDING" });
    assert_eq!(seen["familyInvitation"], wanted);

    answer(&app, &father, token, true).await.data();
    for (who, inviter) in [(&daughter, true), (&father, false)] {
        let listed = &links(&app, who, true).await[0];
        assert_eq!(listed["state"], "ACCEPTED", "{listed}");
        assert_eq!(listed["isInviter"], json!(inviter));
        assert_eq!(listed["inviter"]["displayName"], json!(daughter.login));
        assert_eq!(listed["relative"]["displayName"], json!(father.login));
        assert_eq!(listed["phone"].is_string(), inviter, "the number is the inviter's alone: {listed}");
        app.both_ways(who, LINKS, json!({ "standing": true })).await;
    }
    app.deliver().await;
    let told = "{ viewer { notifications { edges { node { topic } } } } }";
    let told = app.ok(&daughter, told, json!({})).await;
    assert!(told.to_string().contains("family.accepted"), "{told}");
    // Single-use.
    let stranger = app.account("stranger").await;
    assert_eq!(answer(&app, &stranger, token, true).await.user_error("acceptFamilyInvitation"), "INVITATION_ACCEPTED");
    assert_eq!(answer(&app, &father, token, false).await.user_error("declineFamilyInvitation"), "INVITATION_ACCEPTED");
    app.verified().await;
    app.stop().await;
}

/// Pending, accepted, declined, expired, revoked and ended are told apart, and each refuses what comes too late.
#[tokio::test(flavor = "multi_thread")]
async fn r0_2_the_states_are_distinct() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
    let (declined, declined_token) = invite(&app, &daughter, "PARENT").await;
    answer(&app, &father, &declined_token, false).await.data();
    let (revoked, revoked_token) = invite(&app, &daughter, "PARENT").await;
    revoke(&app, &daughter, &revoked).await.data();
    let (expired, expired_token) = invite(&app, &daughter, "PARENT").await;
    app.clock.advance(TimeDelta::days(7) - TimeDelta::microseconds(1));
    let (accepted, accepted_token) = invite(&app, &daughter, "PARENT").await;
    answer(&app, &father, &accepted_token, true).await.data();
    assert_eq!(links(&app, &daughter, false).await[1]["state"], "PENDING", "a moment before it expires");
    app.clock.advance(TimeDelta::microseconds(1));
    let (pending, _) = invite(&app, &daughter, "CHILD").await;
    let states: Vec<(String, String)> = links(&app, &daughter, false)
        .await
        .iter()
        .map(|link| (link["id"].as_str().unwrap().to_owned(), link["state"].as_str().unwrap().to_owned()))
        .collect();
    let wanted = [
        (&pending, "PENDING"),
        (&accepted, "ACCEPTED"),
        (&expired, "EXPIRED"),
        (&revoked, "REVOKED"),
        (&declined, "DECLINED"),
    ];
    assert_eq!(states, wanted.map(|(id, state)| (id.clone(), state.to_owned())));
    for (token, code) in [
        (&declined_token, "INVITATION_DECLINED"),
        (&revoked_token, "INVITATION_REVOKED"),
        (&expired_token, "INVITATION_EXPIRED"),
        (&accepted_token, "INVITATION_ACCEPTED"),
    ] {
        assert_eq!(answer(&app, &father, token, true).await.user_error("acceptFamilyInvitation"), code);
    }
    for (link, code) in [
        (&declined, "INVITATION_DECLINED"),
        (&revoked, "INVITATION_REVOKED"),
        (&expired, "INVITATION_EXPIRED"),
        (&accepted, "INVITATION_ACCEPTED"),
    ] {
        assert_eq!(revoke(&app, &daughter, link).await.user_error("revokeFamilyInvitation"), code);
    }
    assert_eq!(end(&app, &daughter, &pending).await.user_error("endFamilyLink"), "INVITATION_PENDING");
    end(&app, &father, &accepted).await.data();
    assert_eq!(end(&app, &daughter, &accepted).await.user_error("endFamilyLink"), "FAMILY_LINK_ENDED");
    assert_eq!(links(&app, &daughter, true).await, Vec::<Value>::new());
    app.verified().await;
    app.stop().await;
}

/// h09: a cycle of links is fine, oneself is not; the same link twice is not either.
#[tokio::test(flavor = "multi_thread")]
async fn r0_2_h09_cycles_are_fine_and_oneself_is_not() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    let (_, token) = invite(&app, &daughter, "PARENT").await;
    assert_eq!(answer(&app, &daughter, &token, true).await.user_error("acceptFamilyInvitation"), "OWN_INVITATION");
    answer(&app, &father, &token, true).await.data();
    linked(&app, &father, &daughter).await;
    assert_eq!(links(&app, &daughter, true).await.len(), 2, "each asked the other");
    let (_, again) = invite(&app, &daughter, "PARENT").await;
    assert_eq!(answer(&app, &father, &again, true).await.user_error("acceptFamilyInvitation"), "ALREADY_LINKED");
    app.stop().await;
}

/// The number in an invitation is whose it is; tokens that are none, and other people's links, are told from nothing.
#[tokio::test(flavor = "multi_thread")]
async fn r0_2_h19_an_invitation_is_for_whom_it_is_meant() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    let input = json!({ "relation": "PARENT", "name": "Dad", "phone": "+8613812345634" });
    let made = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input).await.data();
    let token = made["inviteFamilyMember"]["token"].as_str().unwrap().to_owned();
    let link = made["inviteFamilyMember"]["familyLink"]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer(&app, &father, &token, true).await.user_error("acceptFamilyInvitation"), "PHONE_DIFFERS");
    for bad in ["", "kithfam_", "x", &token[..20], &daughter.token] {
        assert_eq!(answer(&app, &father, bad, true).await.user_error("acceptFamilyInvitation"), "INVITATION_UNKNOWN");
        let seen = "query($token: String!) { familyInvitation(token: $token) { state } }";
        let seen = app.ok(&father, seen, json!({ "token": bad })).await;
        assert_eq!(seen["familyInvitation"], Value::Null);
    }
    assert_eq!(revoke(&app, &father, &link).await.code(), "NOT_FOUND");
    assert_eq!(end(&app, &father, &link).await.code(), "NOT_FOUND");
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(app.ok(&father, node, json!({ "id": link })).await["node"], Value::Null);
    assert_eq!(app.ok(&daughter, node, json!({ "id": link })).await["node"]["id"], json!(link));
    for (name, phone, code) in [
        ("", Value::Null, "NAME_INVALID"),
        ("a\u{202e}b", Value::Null, "NAME_INVALID"),
        ("Dad", json!("12"), "PHONE_INVALID"),
    ] {
        let input = json!({ "relation": "PARENT", "name": name, "phone": phone });
        let answer = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input).await;
        assert_eq!(answer.user_error("inviteFamilyMember"), code);
    }
    app.stop().await;
}

/// h35: neither the token nor the number stands anywhere in the database, bytes included.
#[tokio::test(flavor = "multi_thread")]
async fn r0_2_h35_token_and_number_are_not_kept_in_the_clear() {
    let app = TestApp::start().await;
    let daughter = app.account("daughter").await;
    let input = json!({ "relation": "PARENT", "name": "Dad", "phone": "+8613898765432" });
    let made = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input).await.data();
    let token = made["inviteFamilyMember"]["token"].as_str().unwrap();
    let dump = app.dump().await;
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    for canary in [token.to_owned(), hex(token), "13898765432".to_owned(), hex("13898765432")] {
        assert!(!dump.contains(&canary), "{canary}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_2_only_so_many_invitations_wait() {
    let app = TestApp::start().await;
    let daughter = app.account("daughter").await;
    app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
    for _ in 0..20 {
        invite(&app, &daughter, "OTHER").await;
    }
    let input = json!({ "relation": "OTHER", "name": "One more" });
    let answer = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input.clone()).await;
    assert_eq!(answer.user_error("inviteFamilyMember"), "TOO_MANY_INVITATIONS");
    app.clock.advance(TimeDelta::days(7));
    let answer = call(&app, &daughter, "inviteFamilyMember", "InviteFamilyMemberInput", input).await;
    let made = answer.data()["inviteFamilyMember"]["familyLink"].clone();
    assert_eq!(made["state"], "PENDING", "what has expired waits no longer");
    app.stop().await;
}
