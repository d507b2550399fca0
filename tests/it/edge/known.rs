//! Documents that the server knows are validated no less than new ones.

use async_graphql::{Request, Variables};
use kith::graphql::limits::{Check, Limits, Sizes};
use serde_json::{Value, json};

use crate::cli::{Server, kith};

#[test]
fn only_what_cannot_change_is_not_validated_again() {
    let check = Check::new(Limits::default(), Sizes::from_sdl("type Query { a(x: ID): Int }").unwrap());
    let checked = |query: &str, variables: &Value| {
        check.check(Request::new(query).variables(Variables::from_json(variables.clone()))).unwrap()
    };
    let query = "query($i: ID, $n: Int, $b: Boolean, $s: String!) { a(x: $i) }";
    let good = json!({ "i": "1", "n": 1, "b": true, "s": "" });
    assert!(!checked(query, &good).is_valid(), "nobody has validated it");
    checked(query, &good).proof().unwrap().give();
    assert!(checked(query, &good).is_valid());
    assert!(checked(query, &json!({ "i": "another", "n": -7, "b": false, "s": "x", "more": [] })).is_valid());
    assert!(!checked(&format!("{query} "), &good).is_valid(), "another text");
    for (name, value) in [
        ("i", json!(1)),
        ("i", json!(null)),
        ("i", json!(["1"])),
        ("n", json!("1")),
        ("n", json!(1.5)),
        ("n", json!(u64::MAX)),
        ("n", json!(null)),
        ("b", json!(1)),
        ("b", json!({})),
        ("s", json!(7)),
    ] {
        let mut variables = good.clone();
        variables[name] = value;
        let checked = checked(query, &variables);
        assert!(!checked.is_valid() && checked.proof().is_none(), "{variables}");
    }
    assert!(checked(query, &json!({ "s": "x" })).proof().is_none(), "what is left out may have a default");
    // Enums, input objects and lists are looked into by validation; of two operations it matters which is run.
    for query in ["query($e: SomeEnum) { a }", "query($l: [ID!]) { a }", "query A { a } query B { a }"] {
        let request = Request::new(query).variables(Variables::from_json(json!({ "e": "X", "l": ["1"] })));
        let request = if query.contains("query A") { request.operation_name("A") } else { request };
        assert!(check.check(request).unwrap().proof().is_none(), "{query}");
    }
}

/// The same document under a text that is new each time is what it is compared with.
/// A document, variables that it takes, and variables of which it must hear each time.
type Case = (&'static str, Value, Vec<(&'static str, Value)>);

#[tokio::test(flavor = "multi_thread")]
async fn a_known_document_is_answered_as_a_new_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(kith(folder.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let client = reqwest::Client::new();
    let personas = client.get(format!("http://{}/demo/personas", server.address)).send().await.unwrap();
    let personas: Value = serde_json::from_slice(&personas.bytes().await.unwrap()).unwrap();
    let token = personas["personas"][0]["token"].as_str().unwrap().to_owned();
    let ask = async |query: &str, variables: &Value| -> (u16, Value) {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = client.post(format!("http://{}/graphql", server.address)).bearer_auth(&token);
        let request =
            request.header("content-type", "application/json").header("accept", "application/graphql-response+json");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let mut answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["requestId"] = Value::Null;
        }
        (status, answer)
    };
    let staff = "query($s: SubAccountState, $n: Int, $p: ID) {
        shop { subAccounts(state: $s, first: $n, positionId: $p) { edges { node { name } } } } }";
    let cases: Vec<Case> = vec![
        (
            "query($id: ID!) { node(id: $id) { id } }",
            json!({ "id": "shop_none" }),
            vec![("id", json!(5)), ("id", json!(null)), ("id", json!([])), ("id", json!({})), ("id", json!(true))],
        ),
        (
            staff,
            json!({ "s": "ACTIVE", "n": 3, "p": null }),
            vec![("s", json!("NONE")), ("s", json!(3)), ("n", json!("3")), ("n", json!(2.5)), ("p", json!(["x"]))],
        ),
        (
            "query($n: Int!) { shop { items(first: $n) { edges { node { title } } } } }",
            json!({ "n": 2 }),
            vec![("n", json!(-1)), ("n", json!(i64::MAX)), ("n", json!("2")), ("n", json!(null)), ("n", json!(2.0))],
        ),
        (
            "query($b: Boolean!) { viewer @include(if: $b) { login } }",
            json!({ "b": true }),
            vec![("b", json!(false)), ("b", json!("true")), ("b", json!(null)), ("b", json!(1))],
        ),
        (
            "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) { userErrors { code } } }",
            json!({ "l": "aurora", "p": "wrong" }),
            vec![("l", json!(1)), ("p", json!({})), ("p", json!(null)), ("l", json!("other"))],
        ),
    ];
    let mut new = 0;
    for (query, good, others) in cases {
        for _ in 0..3 {
            ask(query, &good).await;
        }
        for (name, value) in std::iter::once(("none", json!(0))).chain(others) {
            let mut variables = good.clone();
            variables[name] = value;
            new += 1;
            let (known, fresh) = (ask(query, &variables).await, ask(&format!("{query} # {new}"), &variables).await);
            assert_eq!(known, fresh, "{query} with {variables}");
        }
    }
}
