//! Friends: the part of the contacts list that is no family.

use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::PgServer;

const REQUEST: &str = "mutation($login: String!) { requestFriend(input: { login: $login }) {
    friend { id state account { id } } userErrors { code field message } } }";
const LIST: &str = "query($state: FriendState) { viewer { friendAdvice
    friends(first: 10, state: $state) { edges { cursor node { id state account { id displayName } since } } pageInfo { hasNextPage } } } }";

async fn ask(app: &TestApp, who: &Persona, login: &str) -> Answer {
    app.run(Some(&who.token), REQUEST, json!({ "login": login })).await
}

async fn act(app: &TestApp, who: &Persona, mutation: &str, id: &Value) -> Answer {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ friend {{ state }} userErrors {{ code }} }} }}"
    );
    app.run(Some(&who.token), &text, json!({ "input": { "friendId": id } })).await
}

async fn list(app: &TestApp, who: &Persona) -> Vec<Value> {
    let answer = app.ok(who, LIST, json!({})).await;
    answer["viewer"]["friends"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_1_friends_are_asked_accept_and_an_empty_list_says_how_to_add_the_first() {
    let app = TestApp::start().await;
    let (one, two, stranger) = (app.account("one").await, app.account("two").await, app.account("stranger").await);
    let empty = app.ok(&one, LIST, json!({})).await["viewer"].clone();
    assert!(empty["friendAdvice"].as_str().unwrap().contains("requestFriend"), "{empty}");
    let asked = ask(&app, &one, &two.login).await.data()["requestFriend"]["friend"].clone();
    assert_eq!(asked["state"], "ASKED");
    let id = asked["id"].clone();
    app.deliver().await;
    let told = app.ok(&two, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await.to_string();
    assert!(told.contains("friend.requested"), "{told}");
    assert_eq!(list(&app, &two).await[0]["state"], "AWAITS");
    assert_eq!(act(&app, &one, "acceptFriend", &id).await.user_error("acceptFriend"), "NOT_ASKED", "who asked waits");
    assert_eq!(act(&app, &stranger, "acceptFriend", &id).await.code(), "NOT_FOUND");
    assert_eq!(act(&app, &stranger, "removeFriend", &id).await.code(), "NOT_FOUND");
    assert_eq!(act(&app, &two, "acceptFriend", &id).await.data()["acceptFriend"]["friend"]["state"], "FRIENDS");
    for (who, other) in [(&one, &two), (&two, &one)] {
        let all = list(&app, who).await;
        assert_eq!((all[0]["state"].clone(), all[0]["account"]["id"].clone()), (json!("FRIENDS"), json!(other.id)));
        assert!(app.ok(who, LIST, json!({})).await["viewer"]["friendAdvice"].is_null());
        app.both_ways(who, LIST, json!({ "state": "FRIENDS" })).await;
    }
    assert_eq!(ask(&app, &two, &one.login).await.user_error("requestFriend"), "ALREADY_FRIENDS");
    act(&app, &two, "removeFriend", &id).await.data();
    assert!(list(&app, &one).await.is_empty() && list(&app, &two).await.is_empty());
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_1_the_contacts_list_holds_friends_and_family_links_and_an_empty_one_says_how_to_add_the_first() {
    const CONTACTS: &str = "{ viewer { contactList { advice entries { id kind account { id } since } } } }";
    let app = TestApp::start().await;
    let (one, two, dad) = (app.account("one").await, app.account("two").await, app.account("dad").await);
    let empty = app.ok(&one, CONTACTS, json!({})).await["viewer"]["contactList"].clone();
    let advice = empty["advice"].as_str().unwrap();
    assert!(advice.contains("requestFriend") && advice.contains("inviteFamilyMember"), "{empty}");
    let asked = ask(&app, &one, &two.login).await.data()["requestFriend"]["friend"]["id"].clone();
    assert_eq!(app.ok(&one, CONTACTS, json!({})).await["viewer"]["contactList"]["entries"], json!([]), "not yet");
    act(&app, &two, "acceptFriend", &asked).await.data();
    let link = crate::api::family::linked(&app, &one, &dad).await;
    let list = app.ok(&one, CONTACTS, json!({})).await["viewer"]["contactList"].clone();
    let shown = |at: usize| {
        let entry = &list["entries"][at];
        (entry["id"].clone(), entry["kind"].clone(), entry["account"]["id"].clone())
    };
    assert_eq!(shown(0), (json!(link), json!("FAMILY_LINK"), json!(dad.id)), "{list}");
    assert_eq!(shown(1), (asked, json!("FRIEND"), json!(two.id)));
    assert!(list["advice"].is_null());
    let of_dad = app.ok(&dad, CONTACTS, json!({})).await["viewer"]["contactList"]["entries"].clone();
    assert_eq!(of_dad[0]["account"]["id"], json!(one.id), "both sides list it");
    app.both_ways(&one, CONTACTS, json!({})).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_1_who_cannot_be_asked() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    assert_eq!(ask(&app, &one, "nobody-at-all").await.user_error("requestFriend"), "ACCOUNT_NOT_FOUND");
    assert_eq!(ask(&app, &one, &one.login).await.user_error("requestFriend"), "OWN_ACCOUNT");
    ask(&app, &one, &two.login).await.data();
    assert_eq!(ask(&app, &one, &two.login).await.user_error("requestFriend"), "ALREADY_ASKED");
    let back = ask(&app, &two, &one.login).await.data()["requestFriend"]["friend"].clone();
    assert_eq!(back["state"], "FRIENDS", "asking whoever asked accepts");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_r0_1_two_who_ask_each_other_at_once_are_friends() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    for _ in 0..5 {
        let (one, two) = (app.account("one").await, app.account("two").await);
        let (a, b) = tokio::join!(ask(&app, &one, &two.login), ask(&app, &two, &one.login));
        // The second makes them friends; the first shows that already, if it looks afterwards.
        let states = [a, b].map(|a| a.data()["requestFriend"]["friend"]["state"].clone());
        assert!(states.contains(&json!("FRIENDS")), "{states:?}");
        assert_eq!(list(&app, &one).await[0]["state"], "FRIENDS");
        assert_eq!(list(&app, &two).await[0]["state"], "FRIENDS");
    }
    app.stop().await;
}
