//! `grantPermission`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::Persona;

/// A refund of ¥150 that a buyer asks for.
async fn refund(crew: &Crew, buyer: &Persona) -> String {
    let item = crew.app.item(&crew.owner, &crew.shop, "1000.00").await;
    let order = crew.app.order(buyer, &crew.shop, &item, 1).await;
    crew.app.refund(buyer, &order, "150.00").await
}

const GRANTS: &str = "query($id: ID!) { node(id: $id) { ... on SubAccount { grants {
    id effect grantedBy permission { code money }
    constraints { perAction { amount currency } perDay { amount } perMonth { amount } countPerDay hours { from until }
                  validUntil stepUpAbove { amount } secondApproverAbove { amount } }
    usage { today { used { amount } left { amount } uses usesLeft resetsAt } thisMonth { used { amount } left { amount } resetsAt } }
} } } }";

async fn grants(crew: &Crew, who: &Persona) -> Value {
    crew.app.ok(&crew.owner, GRANTS, json!({ "id": who.id })).await["node"]["grants"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_grant_carries_every_constraint_and_shows_what_is_left() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let limits = json!({
        "perAction": { "amount": "200", "currency": "CNY" }, "perDay": { "amount": "500.00" },
        "perMonth": { "amount": "5000" }, "countPerDay": 3, "hours": { "from": "09:00", "until": "22:00" },
        "validUntil": "2027-01-01T00:00:00Z", "stepUpAbove": { "amount": "180" },
        "secondApproverAbove": { "amount": "0" },
    });
    let id = crew.grant(&agent, "refund.approve", limits).await;
    let all = grants(&crew, &agent).await;
    assert_eq!(all[0]["id"], id);
    assert_eq!(all[0]["grantedBy"], crew.owner.login);
    let shown = &all[0]["constraints"];
    assert_eq!(shown["perAction"], json!({ "amount": "200.00", "currency": "CNY" }));
    assert_eq!(shown["hours"], json!({ "from": "09:00", "until": "22:00" }));
    assert_eq!((&shown["countPerDay"], &shown["validUntil"]), (&json!(3), &json!("2027-01-01T00:00:00Z")));
    assert_eq!(
        (&shown["stepUpAbove"]["amount"], &shown["secondApproverAbove"]["amount"]),
        (&json!("180.00"), &json!("0.00"))
    );
    let usage = &all[0]["usage"];
    assert_eq!(usage["today"]["left"]["amount"], "500.00");
    // The day of Shanghai ends at 16:00 UTC, and so does its month.
    assert_eq!(usage["today"]["resetsAt"], "2026-11-21T16:00:00Z");
    assert_eq!(usage["thisMonth"]["resetsAt"], "2026-11-30T16:00:00Z");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_h06_a_changed_limit_goes_on_counting() {
    let crew = Crew::start().await;
    let buyer = crew.app.account("buyer").await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let id = crew.grant(&agent, "refund.approve", json!({ "perDay": { "amount": "500" } })).await;
    for key in ["a", "b"] {
        let refund = refund(&crew, &buyer).await;
        crew.app.approve(&agent, &refund, key).await.data();
    }
    let usage = grants(&crew, &agent).await[0]["usage"]["today"].clone();
    assert_eq!((&usage["used"]["amount"], &usage["left"]["amount"]), (&json!("300.00"), &json!("200.00")));
    // Lowered below what is used: nothing more today, and nothing that is less than nothing.
    let same = crew.grant(&agent, "refund.approve", json!({ "perDay": { "amount": "200" } })).await;
    assert_eq!(same, id, "the grant keeps its id");
    let usage = grants(&crew, &agent).await[0]["usage"]["today"].clone();
    assert_eq!((&usage["used"]["amount"], &usage["left"]["amount"]), (&json!("300.00"), &json!("0.00")));
    let third = refund(&crew, &buyer).await;
    let denied = crew.app.approve(&agent, &third, "c").await;
    assert_eq!(denied.extensions()["reason"], "LIMIT_PER_DAY", "{denied:?}");
    crew.grant(&agent, "refund.approve", json!({ "perDay": { "amount": "450" } })).await;
    crew.app.approve(&agent, &third, "d").await.data();
    assert_eq!(grants(&crew, &agent).await.as_array().unwrap().len(), 1);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_h08_senseless_constraints_are_refused() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    for (code, limits, wanted, field) in [
        ("refund.approve", json!({ "perDay": { "amount": "0" } }), "CONSTRAINT_INVALID", "perDay"),
        ("refund.approve", json!({ "perDay": { "amount": "-1" } }), "CONSTRAINT_INVALID", "perDay"),
        ("refund.approve", json!({ "perAction": { "amount": "0.001" } }), "INVALID_AMOUNT", "perAction"),
        ("refund.approve", json!({ "perAction": { "amount": "1e3" } }), "INVALID_AMOUNT", "perAction"),
        ("refund.approve", json!({ "perAction": { "amount": "１００" } }), "INVALID_AMOUNT", "perAction"),
        (
            "refund.approve",
            json!({ "perMonth": { "amount": "92233720368547758.07" } }),
            "CONSTRAINT_INVALID",
            "perMonth",
        ),
        ("refund.approve", json!({ "perMonth": { "amount": "92233720368547758.08" } }), "INVALID_AMOUNT", "perMonth"),
        ("refund.approve", json!({ "perDay": { "amount": "10", "currency": "JPY" } }), "CURRENCY_MISMATCH", "perDay"),
        ("refund.approve", json!({ "countPerDay": 0 }), "CONSTRAINT_INVALID", "countPerDay"),
        ("refund.approve", json!({ "hours": { "from": "9:00", "until": "22:00" } }), "CONSTRAINT_INVALID", "hours"),
        ("refund.approve", json!({ "hours": { "from": "09:00", "until": "09:00" } }), "CONSTRAINT_INVALID", "hours"),
        ("refund.approve", json!({ "hours": { "from": "24:00", "until": "09:00" } }), "CONSTRAINT_INVALID", "hours"),
        ("refund.approve", json!({ "validUntil": "2026-11-21T04:00:00Z" }), "VALID_UNTIL_PAST", "validUntil"),
        ("item.create", json!({ "perDay": { "amount": "10" } }), "NO_MONEY_MOVES", "perDay"),
    ] {
        let answer = crew.grant_as(&crew.owner, &agent, code, limits.clone()).await;
        let error = &answer.0["data"]["grantPermission"]["userErrors"][0];
        assert_eq!(error["code"], wanted, "{limits}: {answer:?}");
        assert_eq!(error["field"], json!(["input", "constraints", field]), "{limits}");
    }
    assert_eq!(grants(&crew, &agent).await, json!([]));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_13_what_the_main_account_bought_is_never_granted_sold_items_are() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    for (code, wanted) in [
        ("bought_items.read", "MAIN_ACCOUNT_ONLY"),
        ("order.place", "MAIN_ACCOUNT_ONLY"),
        ("service.subscribe", "MAIN_ACCOUNT_ONLY"),
        ("platform.audit.read", "PLATFORM_ONLY"),
        ("bought_items.raed", "UNKNOWN_PERMISSION"),
        ("", "UNKNOWN_PERMISSION"),
        ("order.read", ""),
    ] {
        let answer = crew.grant_as(&crew.owner, &agent, code, json!(null)).await;
        assert_eq!(answer.user_error("grantPermission"), wanted, "{code}: {answer:?}");
    }
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read"]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_the_special_ones_are_granted_one_by_one() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    let special = [
        "item.price.update",
        "item.delete",
        "refund.approve",
        "red_packet.send",
        "charity_item.set",
        "decoration.update",
        "funds.read",
        "funds.withdraw",
    ];
    let before = crew.held(&agent).await;
    for code in special {
        assert!(!before.contains(&code.to_owned()), "{code} is in no default of this position");
        crew.grant(&agent, code, json!(null)).await;
        assert!(crew.held(&agent).await.contains(&code.to_owned()), "{code}");
    }
    assert_eq!(crew.held(&agent).await.len(), before.len() + special.len());
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_h18_nobody_grants_what_they_lack_or_to_themselves_or_upwards() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let peer = crew.hire("peer", "OTHER").await;
    assert_eq!(crew.grant_as(&agent, &peer, "refund.read", json!(null)).await.code(), "FORBIDDEN");
    crew.grant(&agent, "permission.grant", json!(null)).await;
    for (to, code, wanted) in [
        (&peer, "refund.approve", "PERMISSION_NOT_HELD"),
        (&agent, "refund.read", "ONESELF"),
        (&agent, "refund.approve", "ONESELF"),
        (&boss, "refund.read", "ABOVE_OWN_RANK"),
        (&peer, "refund.read", ""),
    ] {
        let answer = crew.grant_as(&agent, to, code, json!(null)).await;
        assert_eq!(answer.user_error("grantPermission"), wanted, "{code}: {answer:?}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_grants_wider_than_their_own_limits() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let peer = crew.hire("peer", "OTHER").await;
    crew.grant(&agent, "permission.grant", json!(null)).await;
    let own = json!({ "perAction": { "amount": "200" }, "hours": { "from": "09:00", "until": "22:00" },
                      "validUntil": "2026-12-01T00:00:00Z" });
    crew.grant(&agent, "refund.approve", own).await;
    let until = "2026-12-01T00:00:00Z";
    for (limits, field) in [
        (json!(null), "perAction"),
        (json!({ "perAction": { "amount": "200.01" } }), "perAction"),
        (json!({ "perAction": { "amount": "200" }, "validUntil": until }), "hours"),
        (
            json!({ "perAction": { "amount": "200" }, "hours": { "from": "08:59", "until": "22:00" }, "validUntil": until }),
            "hours",
        ),
        (json!({ "perAction": { "amount": "200" }, "hours": { "from": "09:00", "until": "22:00" } }), "validUntil"),
    ] {
        let answer = crew.grant_as(&agent, &peer, "refund.approve", limits.clone()).await;
        assert_eq!(answer.user_error("grantPermission"), "WIDER_THAN_OWN", "{limits}");
        let path = &answer.0["data"]["grantPermission"]["userErrors"][0]["field"];
        assert_eq!(path, &json!(["input", "constraints", field]));
    }
    let narrow = json!({ "perAction": { "amount": "200" }, "hours": { "from": "10:00", "until": "12:00" }, "validUntil": until });
    assert_eq!(crew.grant_as(&agent, &peer, "refund.approve", narrow.clone()).await.user_error("grantPermission"), "");
    // What has lapsed is not held any more. (Certified, or after seven days it would hold nothing at all.)
    crew.app.sql("UPDATE sub_accounts SET certified_at = now()").await;
    crew.app.clock.advance(TimeDelta::hours(11));
    let fresh = Persona { token: crew.app.log_in(&agent.login).await, ..agent.clone() };
    crew.app.clock.set("2026-12-01T00:00:00Z".parse().unwrap());
    let fresh = Persona { token: crew.app.log_in(&fresh.login).await, ..fresh };
    let late = json!({ "perAction": { "amount": "1" } });
    assert_eq!(
        crew.grant_as(&fresh, &peer, "refund.approve", late).await.user_error("grantPermission"),
        "PERMISSION_NOT_HELD"
    );
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_what_the_position_has_locked_is_not_narrowed() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let answer =
        crew.grant_as(&crew.owner, &agent, "refund.read", json!({ "validUntil": "2026-12-01T00:00:00Z" })).await;
    assert_eq!(answer.user_error("grantPermission"), "LOCKED_BY_POSITION");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_held_and_grants_nothing() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    let input = json!({ "subAccountId": agent.id, "permission": "refund.read" });
    let select = "grant { id } subAccount { permissions { code } }";
    let dry = crew.call_with(&crew.owner, "grantPermission", "@dryRun", input, select).await.data();
    let would = super::crew::codes(&dry["grantPermission"]["subAccount"]["permissions"]);
    assert_eq!(would, ["item.read", "refund.read"]);
    assert_eq!(crew.lists_refunds(&agent).await, "FORBIDDEN");
    assert_eq!(crew.held(&agent).await, ["item.read"]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h22_two_changes_in_one_request_each_show_what_is_so() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    let query = "mutation($id: ID!) {
        a: grantPermission(input: { subAccountId: $id, permission: \"refund.read\" }) { subAccount { permissions { code } } }
        bad: grantPermission(input: { subAccountId: \"sub_01h455vb4pex5vsknk084sn02q\", permission: \"refund.read\" }) { grant { id } }
        b: revokePermission(input: { subAccountId: $id, permission: \"refund.read\" }) { subAccount { permissions { code } } }
        c: grantPermission(input: { subAccountId: $id, permission: \"order.read\" }) { subAccount { permissions { code } } }
    }";
    let answer = crew.app.run(Some(&crew.owner.token), query, json!({ "id": agent.id })).await;
    assert_eq!(answer.code(), "NOT_FOUND");
    let held = |alias: &str| super::crew::codes(&answer.0["data"][alias]["subAccount"]["permissions"]);
    assert_eq!(held("a"), ["item.read", "refund.read"]);
    assert_eq!(answer.0["data"]["bad"], json!(null));
    assert_eq!(held("b"), ["item.read"]);
    assert_eq!(held("c"), ["item.read", "order.read"]);
    // What was done before and after it is done all the same.
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read"]);
    let good = "mutation($id: ID!) {
        a: grantPermission(input: { subAccountId: $id, permission: \"refund.read\" }) { subAccount { permissions { code } } }
        b: revokePermission(input: { subAccountId: $id, permission: \"order.read\" }) { subAccount { permissions { code } } }
    }";
    let data = crew.app.ok(&crew.owner, good, json!({ "id": agent.id })).await;
    assert_eq!(super::crew::codes(&data["a"]["subAccount"]["permissions"]), ["item.read", "order.read", "refund.read"]);
    assert_eq!(super::crew::codes(&data["b"]["subAccount"]["permissions"]), ["item.read", "refund.read"]);
    crew.stop().await;
}
