//! `createSubAccount`.

use serde_json::json;

use super::crew::{Crew, codes};
use crate::support::app::{PASSWORD, Persona};

#[tokio::test(flavor = "multi_thread")]
async fn r4_1_only_the_main_account_or_who_was_granted_it_creates() {
    let crew = Crew::start().await;
    let ops = crew.position("OTHER");
    let made = crew.create(&crew.owner, "xiaoli", &ops).await;
    assert_eq!(made.0["data"]["createSubAccount"]["subAccount"]["login"], format!("{}:xiaoli", crew.owner.login));
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let denied = crew.create(&agent, "friend", &ops).await;
    assert_eq!((denied.code(), &denied.extensions()["permission"]), ("FORBIDDEN", &json!("sub_account.create")));
    let buyer = crew.app.account("buyer").await;
    assert_eq!(crew.create(&buyer, "friend", &ops).await.code(), "FORBIDDEN");
    crew.grant(&agent, "sub_account.create", json!(null)).await;
    let made = crew.create(&agent, "friend", &ops).await;
    assert_eq!(made.0["data"]["createSubAccount"]["subAccount"]["state"], "ACTIVE", "{made:?}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_1_r5_2_a_sub_account_creates_for_what_it_holds_itself() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "sub_account.create", json!(null)).await;
    // Operations give what the agent lacks; supervisors stand above as well.
    let refused = crew.create(&agent, "friend", &crew.position("OPERATIONS")).await;
    assert_eq!(refused.user_error("createSubAccount"), "PERMISSION_NOT_HELD");
    let refused = crew.create(&agent, "friend", &crew.position("SUPERVISOR")).await;
    assert_eq!(refused.user_error("createSubAccount"), "ABOVE_OWN_RANK");
    // What is held within limits cannot be given without them.
    let refunds = crew.add_position("Refunds", 5, &["refund.approve"]).await;
    crew.grant(&agent, "refund.approve", json!({ "perAction": { "amount": "10" } })).await;
    let refused = crew.create(&agent, "friend", &refunds).await;
    assert_eq!(refused.user_error("createSubAccount"), "WIDER_THAN_OWN");
    crew.grant(&agent, "refund.approve", json!(null)).await;
    assert_eq!(crew.create(&agent, "friend", &refunds).await.user_error("createSubAccount"), "");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_a_position_is_mandatory_and_gives_its_permissions() {
    let crew = Crew::start().await;
    let input = json!({ "shopId": crew.shop, "name": "xiaoli", "displayName": "Li", "password": PASSWORD });
    let without = crew.call(&crew.owner, "createSubAccount", input, "subAccount { id }").await;
    assert!(without.0["errors"][0]["message"].as_str().unwrap().contains("positionId"), "{without:?}");
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    assert_eq!(
        crew.held(&agent).await,
        ["item.read", "order.read", "refund.read", "refund.reject", "refund.review", "desk.serve"]
    );
    assert_eq!(crew.lists_refunds(&agent).await, "");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_3_the_name_never_changes() {
    let crew = Crew::start().await;
    let agent = crew.hire("XiaoLi", "OTHER").await;
    // No mutation has a way to say it.
    let types = "{ __schema { types { name inputFields { name } } } }";
    let types = crew.app.ok(&crew.owner, types, json!({})).await;
    let takes_name = |kind: &str| {
        let all = types["__schema"]["types"].as_array().unwrap();
        let input = all.iter().find(|t| t["name"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        input["inputFields"].as_array().unwrap().iter().any(|field| field["name"] == "name")
    };
    assert!(takes_name("CreateSubAccountInput"), "the look is at the right place");
    for input in ["RestoreSubAccountInput", "MoveSubAccountInput", "DepartSubAccountInput"] {
        assert!(!takes_name(input), "{input}");
    }
    // Nor does departing and coming back change it.
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": agent.id }), "").await.data();
    let input = json!({ "subAccountId": agent.id, "password": PASSWORD });
    let back = crew.call(&crew.owner, "restoreSubAccount", input, "subAccount { id name }").await.data();
    assert_eq!(back["restoreSubAccount"]["subAccount"], json!({ "id": agent.id, "name": "XiaoLi" }));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_4_a_taken_name_says_who_holds_it_and_that_a_departed_one_can_be_restored() {
    let crew = Crew::start().await;
    let position = crew.position("OTHER");
    let first = crew.hire("XiaoLi", "OTHER").await;
    for name in ["XiaoLi", "xiaoli", "XIAOLI", "ＸｉａｏＬｉ"] {
        let taken = crew.create(&crew.owner, name, &position).await;
        let error = &taken.0["data"]["createSubAccount"]["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("NAME_TAKEN"), &json!(["input", "name"])), "{name}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("XiaoLi shown") && message.contains(&first.id), "{message}");
        assert!(!message.contains("restore"), "{message}");
    }
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": first.id }), "").await.data();
    let taken = crew.create(&crew.owner, "xiaoli", &position).await;
    let message = taken.0["data"]["createSubAccount"]["userErrors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("departed") && message.contains("restoreSubAccount"), "{message}");
    // Another shop has names of its own.
    let other = Crew::on(crew.app).await;
    assert_eq!(other.create(&other.owner, "xiaoli", &other.position("OTHER")).await.user_error("createSubAccount"), "");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_weak_passwords_are_refused_and_a_good_one_logs_in() {
    let crew = Crew::start().await;
    let input = |password: &str| {
        json!({ "shopId": crew.shop, "name": "xiaoli", "displayName": "Li", "password": password,
                "positionId": crew.position("OTHER") })
    };
    let weak = crew.call(&crew.owner, "createSubAccount", input("1234567"), "subAccount { id }").await;
    assert_eq!(weak.user_error("createSubAccount"), "PASSWORD_WEAK");
    crew.call(&crew.owner, "createSubAccount", input(PASSWORD), "subAccount { id }").await.data();
    let token = crew.app.log_in(&format!("{}:xiaoli", crew.owner.login)).await;
    let me = Persona { login: String::new(), id: String::new(), token };
    let viewer = crew.app.ok(&me, "{ viewer { login isSubAccount } }", json!({})).await;
    assert_eq!(viewer["viewer"], json!({ "login": format!("{}:xiaoli", crew.owner.login), "isSubAccount": true }));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_and_leaves_nothing() {
    let crew = Crew::start().await;
    let input = json!({ "shopId": crew.shop, "name": "xiaoli", "displayName": "Li", "password": PASSWORD,
                        "positionId": crew.position("FINANCE") });
    let select = "subAccount { id login permissions { code } position { kind } }";
    let dry = crew.call_with(&crew.owner, "createSubAccount", "@dryRun", input.clone(), select).await.data();
    let would = &dry["createSubAccount"]["subAccount"];
    assert_eq!(would["position"]["kind"], "FINANCE");
    assert_eq!(codes(&would["permissions"]), ["item.read", "order.read", "refund.read", "audit.read"]);
    let gone = crew.app.ok(&crew.owner, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": would["id"] })).await;
    assert_eq!(gone["node"], json!(null));
    // The name is still free; with a key, the same call twice makes one sub-account and gives the same answer.
    let key = "@idempotent(key: \"k\")";
    let first = crew.call_with(&crew.owner, "createSubAccount", key, input.clone(), select).await.data();
    let again = crew.call_with(&crew.owner, "createSubAccount", key, input, select).await.data();
    assert_eq!(first, again);
    assert_ne!(first["createSubAccount"]["subAccount"], json!(null));
    crew.stop().await;
}
