//! `authorize` and `authorizeAll`.

use serde_json::{Value, json};

use super::use_permission::use_it;
use super::{Booth, PRINT, REPRINT};
use crate::api::staff::invite_manager::invite;
use crate::support::app::Persona;

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_a_decision_comes_with_reason_obligations_and_explanation() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    let no = booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await;
    assert_eq!((&no["decision"], &no["reason"]), (&json!(false), &json!("PERMISSION_MISSING")));
    assert!(no["message"].as_str().unwrap().contains(PRINT), "{no}");
    assert!(no["explain"]["smallestChange"].as_str().unwrap().contains("Grant"), "{no}");
    booth
        .crew
        .grant(&clerk, PRINT, json!({ "countPerDay": 100, "hours": { "from": "09:00", "until": "22:00" } }))
        .await;
    booth.configure(None, json!({ "daily_prints": 7 })).await;
    let yes = booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await;
    assert_eq!(yes["decision"], json!(true), "{yes}");
    assert_eq!(
        yes["obligations"],
        json!([
            { "kind": "COUNT_PER_DAY", "value": "100", "source": "grant" },
            { "kind": "HOURS", "value": "09:00-22:00", "source": "grant" },
            { "kind": "COUNT_PER_DAY", "value": "7", "source": "acme-print" },
        ])
    );
    let kinds: Vec<&Value> = yes["explain"]["path"].as_array().unwrap().iter().map(|step| &step["kind"]).collect();
    assert_eq!(kinds, ["POSITION", "GRANT", "PLUGIN"]);
    let many = booth.decide(&clerk, PRINT, json!({ "copies": 11 })).await;
    assert_eq!(many["reason"], "PLUGIN_DENIED");
    assert!(many["message"].as_str().unwrap().contains("Print 1 to 10 copies"), "{many}");
    booth.crew.app.clock.set("2026-11-21T15:00:00Z".parse().unwrap());
    assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["reason"], "OUTSIDE_HOURS");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_asks_about_its_own_codes_where_it_is_subscribed_and_nothing_else_exists() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "FINANCE").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let stranger = booth.crew.app.account("stranger").await;
    let their_shop = booth.crew.app.shop(&stranger).await;
    let theirs = booth.crew.app.clerk(&their_shop, "theirs", &["refund.read"]).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let ask = async |who: &str, code: &str, resource: Value| {
        let query = "query($input: AuthorizeInput!) { authorize(input: $input) {
            decision reason message obligations { kind } explain { path { kind } } } }";
        let input = json!({ "input": { "subAccountId": who, "permission": code, "resource": resource } });
        booth.crew.app.run(Some(&token), query, input).await.data()["authorize"].clone()
    };
    assert_eq!(ask(&clerk.id, PRINT, json!(null)).await["decision"], json!(true));
    assert_eq!(ask(&clerk.id, PRINT, json!({ "type": "shop", "id": booth.crew.shop })).await["decision"], json!(true));
    let nothing = ask("sub_01h455vb4pex5vsknk084sn02q", PRINT, json!(null)).await;
    assert_eq!(
        (&nothing["decision"], &nothing["reason"], &nothing["explain"]),
        (&json!(false), &json!("NOT_FOUND"), &json!(null))
    );
    for (who, code, resource, what) in [
        (clerk.id.as_str(), "refund.read", json!(null), "a code of Kith's own"),
        (&clerk.id, "acme_print.nothing", json!(null), "a code that is none"),
        (&theirs.id, PRINT, json!(null), "another shop's sub-account"),
        (&booth.crew.owner.id, PRINT, json!(null), "the main account"),
        (&clerk.id, PRINT, json!({ "type": "shop", "id": their_shop }), "another shop"),
        ("", PRINT, json!(null), "nobody"),
        ("\u{0}'--", PRINT, json!(null), "garbage"),
    ] {
        assert_eq!(ask(who, code, resource).await, nothing, "{what}");
    }
    booth.unsubscribe().await;
    assert_eq!(ask(&clerk.id, PRINT, json!(null)).await, nothing, "no longer subscribed");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_main_account_asks_about_its_staff_and_all_codes() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "CUSTOMER_SERVICE").await;
    let finance = booth.crew.hire("finance", "FINANCE").await;
    assert_eq!(booth.decide(&clerk, "refund.read", json!({})).await["decision"], json!(true));
    assert_eq!(booth.decide(&clerk, "funds.withdraw", json!({})).await["reason"], "PERMISSION_MISSING");
    assert_eq!(booth.decide(&clerk, "service.subscribe", json!({})).await["decision"], json!(false));
    let query = "query($input: AuthorizeInput!) { authorize(input: $input) { decision reason } }";
    let input = json!({ "input": { "subAccountId": clerk.id, "permission": "refund.read" } });
    for who in [&finance, &booth.crew.app.account("buyer").await] {
        let answer = booth.crew.app.run(Some(&who.token), query, input.clone()).await.data();
        assert_eq!(answer["authorize"], json!({ "decision": false, "reason": "NOT_FOUND" }), "{}", who.login);
    }
    assert_eq!(booth.crew.app.run(None, query, input).await.code(), "UNAUTHENTICATED");
    booth.crew.call(&booth.crew.owner, "departSubAccount", json!({ "subAccountId": clerk.id }), "").await;
    let gone = booth.decide(&clerk, "refund.read", json!({})).await;
    assert_eq!((&gone["decision"], &gone["reason"]), (&json!(false), &json!("SUBJECT_INACTIVE")));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_answered_in_order_and_at_most_100() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let query = "query($inputs: [AuthorizeInput!]!) { authorizeAll(inputs: $inputs) { decision reason } }";
    let one = |copies: i64, code: &str| json!({ "subAccountId": clerk.id, "permission": code, "context": { "copies": copies } });
    let inputs: Vec<Value> = (0..100).map(|n| one(n % 20, if n % 7 == 0 { REPRINT } else { PRINT })).collect();
    let answer = booth.crew.app.run(Some(&token), query, json!({ "inputs": inputs })).await.data();
    let decisions = answer["authorizeAll"].as_array().unwrap();
    assert_eq!(decisions.len(), 100);
    for (n, decision) in decisions.iter().enumerate() {
        let allowed = n % 7 != 0 && (1..=10).contains(&(n % 20));
        assert_eq!(decision["decision"], json!(allowed), "{n}: {decision}");
    }
    let inputs = vec![one(1, PRINT); 101];
    assert_eq!(booth.crew.app.run(Some(&token), query, json!({ "inputs": inputs })).await.code(), "BAD_USER_INPUT");
    assert_eq!(
        booth.crew.app.run(Some(&token), query, json!({ "inputs": [] })).await.data()["authorizeAll"],
        json!([])
    );
    booth.stop().await;
}

/// Design, decision 12: a page costs as many statements as a row.
#[tokio::test(flavor = "multi_thread")]
async fn many_questions_about_one_seat_cost_no_more_statements_than_one() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!({ "countPerDay": 5 })).await;
    let query = "query($inputs: [AuthorizeInput!]!) { authorizeAll(inputs: $inputs) { decision } }";
    let statements = async |many: usize| {
        let ask = json!({ "subAccountId": clerk.id, "permission": PRINT, "context": { "copies": 1 } });
        let before = booth.crew.app.door.db.statements();
        let inputs = json!({ "inputs": vec![ask; many] });
        let answer = booth.crew.app.ok(&booth.crew.owner, query, inputs).await;
        let decisions = answer["authorizeAll"].as_array().unwrap();
        assert!(decisions.len() == many && decisions.iter().all(|one| one["decision"] == true), "{answer}");
        booth.crew.app.door.db.statements() - before
    };
    statements(1).await;
    let one = statements(1).await;
    assert_eq!(statements(100).await, one);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_amounts_and_contexts_that_are_none_are_refused() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "CUSTOMER_SERVICE").await;
    let query = "query($input: AuthorizeInput!) { authorize(input: $input) { decision reason } }";
    for (amount, reason) in
        [("1e3", "INVALID_AMOUNT"), ("-1", "INVALID_AMOUNT"), ("0.001", "INVALID_AMOUNT"), ("１００", "INVALID_AMOUNT")]
    {
        let input = json!({ "input": { "subAccountId": clerk.id, "permission": "refund.read", "amount": { "amount": amount } } });
        let answer = booth.crew.app.ok(&booth.crew.owner, query, input).await;
        assert_eq!(answer["authorize"]["reason"], reason, "{amount}");
    }
    for context in [json!([]), json!("x"), json!({ "note": "x".repeat(5000) })] {
        let input = json!({ "input": { "subAccountId": clerk.id, "permission": "refund.read", "context": context } });
        assert_eq!(booth.crew.app.run(Some(&booth.crew.owner.token), query, input).await.code(), "BAD_USER_INPUT");
    }
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_9_a_service_that_is_gone_denies_with_a_reason() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    booth.remove().await;
    let gone = booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await;
    assert_eq!(gone["decision"], json!(false), "{gone}");
    booth.install().await;
    assert_eq!(
        booth.decide(&clerk, PRINT, json!({ "copies": 1 })).await["decision"],
        json!(true),
        "back with its grants"
    );
    booth.stop().await;
}

/// Requirement 4.6: who was not certified in time may do nothing, whoever asks and about whatever code.
#[tokio::test(flavor = "multi_thread")]
async fn r4_6_nobody_who_was_not_certified_in_time_gets_a_yes() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "CUSTOMER_SERVICE").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let asked = async |token: &str, code: &str| {
        booth.decide_with(token, &clerk, code, json!({ "copies": 1 })).await.data()["authorize"].clone()
    };
    booth.crew.app.clock.advance(chrono::TimeDelta::days(7) - chrono::TimeDelta::seconds(1));
    assert_eq!(asked(&token, PRINT).await["decision"], json!(true), "muted, and works");
    booth.crew.app.clock.advance(chrono::TimeDelta::seconds(1));
    let owner = booth.crew.app.log_in(&booth.crew.owner.login).await;
    for (token, code) in [(&token, PRINT), (&owner, PRINT), (&owner, "refund.read"), (&owner, "funds.withdraw")] {
        let no = asked(token, code).await;
        assert_eq!((&no["decision"], &no["reason"]), (&json!(false), &json!("NOT_CERTIFIED")), "{code}: {no}");
        assert_eq!(no["obligations"], json!([]));
        assert_eq!(no["explain"]["path"].as_array().unwrap().last().unwrap()["kind"], "CERTIFICATION");
    }
    let change = asked(&token, PRINT).await["explain"]["smallestChange"].clone();
    assert!(change.as_str().unwrap().contains("createCertificationCode"), "{change}");
    booth.stop().await;
}

/// A manager whose own account is disabled has no session and no seat: nor has a service a yes for it.
#[tokio::test(flavor = "multi_thread")]
async fn r4_19_nobody_acts_for_a_manager_whose_account_is_disabled() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let manager = booth.crew.app.account("manager").await;
    let asked = invite(&booth.crew, &booth.crew.owner, &manager.login, "mo", "OTHER").await;
    let id = asked.0["data"]["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    let list = "{ viewer { managerInvitations { edges { node { id } } } } }";
    let invitation =
        booth.crew.app.ok(&manager, list, json!({})).await["viewer"]["managerInvitations"]["edges"][0]["node"]["id"]
            .clone();
    booth
        .crew
        .call(&manager, "acceptManagerInvitation", json!({ "invitationId": invitation }), "invitation { state }")
        .await
        .data();
    let seat = Persona { id, ..manager.clone() };
    booth.crew.grant(&seat, PRINT, json!(null)).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    let decided =
        async || booth.decide_with(&token, &seat, PRINT, json!({ "copies": 1 })).await.data()["authorize"].clone();
    assert_eq!(decided().await["decision"], json!(true));
    assert_eq!(use_it(&booth, &token, &seat, "", 1).await["decision"], json!(true));
    booth.crew.app.sql(&format!("UPDATE accounts SET state = 'DISABLED' WHERE login = '{}'", manager.login)).await;
    for answer in [decided().await, use_it(&booth, &token, &seat, "", 1).await] {
        assert_eq!((&answer["decision"], &answer["reason"]), (&json!(false), &json!("SUBJECT_INACTIVE")), "{answer}");
    }
    booth.crew.app.sql(&format!("UPDATE accounts SET state = 'ACTIVE' WHERE login = '{}'", manager.login)).await;
    assert_eq!(decided().await["decision"], json!(true));
    booth.stop().await;
}

/// A limit that the service obliges counts in the same counter for asking, for explaining and for using.
#[tokio::test(flavor = "multi_thread")]
async fn r5_4_what_the_service_obliges_is_counted_by_who_asks_as_by_who_uses() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    booth.configure(None, json!({ "daily_prints": 7 })).await;
    let (by_grant, by_position) =
        (booth.crew.hire("clerk", "OTHER").await, booth.crew.add_position("printers", 5, &[PRINT]).await);
    booth.crew.grant(&by_grant, PRINT, json!({ "countPerDay": 100 })).await;
    let by_position = booth.crew.hire_into("printer", &by_position).await;
    let (token, _) = booth.token(&booth.crew.owner.clone()).await;
    for who in [&by_grant, &by_position] {
        for done in 0..7 {
            assert_eq!(booth.decide(who, PRINT, json!({ "copies": 1 })).await["decision"], json!(true), "{done}");
            assert_eq!(use_it(&booth, &token, who, "", 1).await["decision"], json!(true), "{done}");
        }
        let asked = booth.decide(who, PRINT, json!({ "copies": 1 })).await;
        assert_eq!((&asked["decision"], &asked["reason"]), (&json!(false), &json!("LIMIT_COUNT_PER_DAY")), "{asked}");
        assert!(asked["message"].as_str().unwrap().starts_with("Acme Print: "), "{asked}");
        assert_eq!(use_it(&booth, &token, who, "", 1).await["reason"], "LIMIT_COUNT_PER_DAY");
        let query = "query($id: ID!, $p: String!) { explain(input: { subAccountId: $id, permission: $p }) { allowed denial { reason remaining } } }";
        let explained =
            booth.crew.app.ok(&booth.crew.owner, query, json!({ "id": who.id, "p": PRINT })).await["explain"].clone();
        assert_eq!(
            explained,
            json!({ "allowed": false, "denial": { "reason": "LIMIT_COUNT_PER_DAY", "remaining": "0" } })
        );
    }
    booth.stop().await;
}
