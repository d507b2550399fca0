//! `setRoster`, and grants that count only while their holder is on shift.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crew::{Crew, codes};
use crate::support::app::{Answer, Persona};

const EXPLAIN: &str =
    "query($input: ExplainInput!) { explain(input: $input) { allowed denial { reason message resetsAt }
    path { kind text } smallestChange { kind constraint value text } } }";

async fn roster_as(crew: &Crew, who: &Persona, of: &str, shifts: Value) -> Answer {
    let select = "roster { shifts { day from until } onShift { from until } nextShift { from } subAccount { id } }";
    crew.call(who, "setRoster", json!({ "subAccountId": of, "shifts": shifts }), select).await
}

/// Every Saturday between two times: the tests' clock begins on one, at noon.
async fn saturdays(crew: &Crew, of: &Persona, from: &str, until: &str) -> Value {
    let shifts = json!([{ "day": "SATURDAY", "from": from, "until": until }]);
    let answer = roster_as(crew, &crew.owner, &of.id, shifts).await.data()["setRoster"].clone();
    assert_eq!(answer["userErrors"], json!([]), "{answer}");
    answer["roster"].clone()
}

async fn explain(crew: &Crew, of: &Persona, more: Value) -> Value {
    let mut input = json!({ "subAccountId": of.id, "permission": "refund.approve" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    crew.app.ok(&crew.owner, EXPLAIN, json!({ "input": input })).await["explain"].clone()
}

/// A clerk with `refund.approve` bound to shifts, and a refund that waits.
async fn bound(crew: &Crew) -> (Persona, String) {
    let clerk = crew.hire("clerk", "CUSTOMER_SERVICE").await;
    crew.grant(&clerk, "refund.approve", json!({ "onShift": true })).await;
    let buyer = crew.app.account("buyer").await;
    let item = crew.app.item(&crew.owner, &crew.shop, "100").await;
    let order = crew.app.order(&buyer, &crew.shop, &item, 1).await;
    (clerk, crew.app.refund(&buyer, &order, "10").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_shift_bound_grant_counts_only_on_shift() {
    let crew = Crew::start().await;
    let (clerk, refund) = bound(&crew).await;
    let denied = crew.app.approve(&clerk, &refund, "a").await;
    assert_eq!((denied.code(), &denied.extensions()["reason"]), ("FORBIDDEN", &json!("OFF_SHIFT")), "{denied:?}");
    assert!(denied.0["errors"][0]["message"].as_str().unwrap().contains("no shift is on the roster"), "{denied:?}");
    // Not yet on shift: the denial says when.
    let roster = saturdays(&crew, &clerk, "13:00", "18:00").await;
    assert_eq!(roster["shifts"], json!([{ "day": "SATURDAY", "from": "13:00", "until": "18:00" }]));
    assert_eq!((&roster["onShift"], &roster["nextShift"]["from"]), (&json!(null), &json!("2026-11-21T05:00:00Z")));
    let denied = crew.app.approve(&clerk, &refund, "b").await;
    let message = denied.0["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("on shift from Sat 2026-11-21 13:00 to 18:00 (Asia/Shanghai)"), "{message}");
    assert_eq!(denied.extensions()["resetsAt"], "2026-11-21T13:00:00+08:00");
    crew.app.clock.advance(TimeDelta::hours(1));
    let approved = crew.app.approve(&clerk, &refund, "c").await.data();
    assert_eq!(approved["approveRefund"]["refund"]["state"], "APPROVED", "{approved}");
    // The shift is over: next week again.
    crew.app.clock.advance(TimeDelta::hours(5));
    let denied = crew.app.approve(&clerk, &refund, "d").await;
    assert_eq!(denied.extensions()["resetsAt"], "2026-11-28T13:00:00+08:00", "{denied:?}");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_a_change_of_the_roster_holds_with_the_next_request() {
    let crew = Crew::start().await;
    let clerk = crew.hire("clerk", "OTHER").await;
    crew.grant(&clerk, "refund.read", json!({ "onShift": true })).await;
    assert_eq!(crew.lists_refunds(&clerk).await, "FORBIDDEN", "a guard says no too");
    for (until, wanted) in [("13:00", ""), ("12:00", "FORBIDDEN"), ("18:00", "")] {
        saturdays(&crew, &clerk, "09:00", until).await;
        assert_eq!(crew.lists_refunds(&clerk).await, wanted, "{until}");
    }
    roster_as(&crew, &crew.owner, &clerk.id, json!([])).await.data();
    assert_eq!(crew.lists_refunds(&clerk).await, "FORBIDDEN", "taken off the roster");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_explain_says_on_shift_from_and_to() {
    let crew = Crew::start().await;
    let (clerk, _) = bound(&crew).await;
    saturdays(&crew, &clerk, "13:00", "18:00").await;
    let no = explain(&crew, &clerk, json!({})).await;
    assert_eq!((&no["allowed"], &no["denial"]["reason"]), (&json!(false), &json!("OFF_SHIFT")), "{no}");
    let change = &no["smallestChange"];
    assert_eq!(
        (&change["kind"], &change["constraint"], &change["value"]),
        (&json!("CHANGE_ROSTER"), &json!("onShift"), &json!("Sat 12:00"))
    );
    // The change that was named does turn the answer.
    saturdays(&crew, &clerk, "12:00", "18:00").await;
    let yes = explain(&crew, &clerk, json!({})).await;
    assert_eq!(yes["allowed"], true, "{yes}");
    let step = yes["path"].as_array().unwrap().iter().find(|step| step["kind"] == "SHIFT").unwrap().clone();
    let text = step["text"].as_str().unwrap();
    assert!(text.contains("is on shift from Sat 2026-11-21 12:00 to 18:00 (Asia/Shanghai)"), "{text}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_the_roster_of_a_past_moment_can_be_looked_back_at() {
    let crew = Crew::start().await;
    let (clerk, _) = bound(&crew).await;
    saturdays(&crew, &clerk, "09:00", "18:00").await;
    let then = crew.app.now();
    crew.app.clock.advance(TimeDelta::minutes(30));
    saturdays(&crew, &clerk, "14:00", "18:00").await;
    let could = async |at: kith::kernel::Instant| {
        let query = "query($shop: ID!, $at: DateTime) { shop(id: $shop) {
            whoCould(permission: \"refund.approve\", at: $at) { people { name } } } }";
        let answer = crew.app.ok(&crew.owner, query, json!({ "shop": crew.shop, "at": at })).await;
        answer["shop"]["whoCould"]["people"].to_string().contains(&clerk.login)
    };
    assert!(could(then).await && !could(crew.app.now()).await);
    assert_eq!(explain(&crew, &clerk, json!({ "at": then })).await["allowed"], true);
    assert_eq!(explain(&crew, &clerk, json!({ "at": crew.app.now() })).await["allowed"], false);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_sets_their_own_shifts_or_those_of_somebody_above() {
    let crew = Crew::start().await;
    let planner = crew.hire("planner", "OTHER").await;
    crew.grant(&planner, "roster.manage", json!(null)).await;
    let (peer, boss) = (crew.hire("peer", "OTHER").await, crew.hire("boss", "SUPERVISOR").await);
    let shifts = json!([{ "day": "MONDAY", "from": "22:00", "until": "06:00" }]);
    for (of, code) in [(&planner, "ONESELF"), (&boss, "ABOVE_OWN_RANK"), (&peer, "")] {
        let answer = roster_as(&crew, &planner, &of.id, shifts.clone()).await;
        assert_eq!(answer.user_error("setRoster"), code, "{answer:?}");
    }
    assert_eq!(roster_as(&crew, &peer, &planner.id, shifts.clone()).await.code(), "FORBIDDEN");
    // What is held on shift only can be given on shift only.
    crew.grant(&planner, "permission.grant", json!(null)).await;
    crew.grant(&planner, "refund.approve", json!({ "onShift": true })).await;
    let wider = crew.grant_as(&planner, &peer, "refund.approve", json!(null)).await;
    assert_eq!(wider.user_error("grantPermission"), "WIDER_THAN_OWN");
    let same = crew.grant_as(&planner, &peer, "refund.approve", json!({ "onShift": true })).await;
    assert_eq!(codes(&same.data()["grantPermission"]["subAccount"]["permissions"]), ["item.read", "refund.approve"]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_rosters_of_another_shop_do_not_exist() {
    let theirs = Crew::start().await;
    let victim = theirs.hire("victim", "OTHER").await;
    let crew = Crew::on(theirs.app).await;
    let (foreign, unknown) = (
        roster_as(&crew, &crew.owner, &victim.id, json!([])).await,
        roster_as(&crew, &crew.owner, "sub_01h455vb4pex5vsknk084sn02q", json!([])).await,
    );
    assert_eq!(foreign.code(), "NOT_FOUND");
    assert_eq!(foreign.0["errors"][0]["message"], unknown.0["errors"][0]["message"]);
    let list = "query($shop: ID!) { shop(id: $shop) { roster { shifts { day } } } }";
    let list = crew.app.run(Some(&crew.owner.token), list, json!({ "shop": theirs.shop })).await;
    assert_eq!(list.code(), "FORBIDDEN", "as for every list of another shop's staff");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_shift_is_refused_and_the_roster_is_listed() {
    let crew = Crew::start().await;
    let clerk = crew.hire("clerk", "OTHER").await;
    let shift = |from: &str, until: &str| json!({ "day": "MONDAY", "from": from, "until": until });
    for shifts in
        [json!([shift("9:00", "18:00")]), json!([shift("24:00", "06:00")]), json!(vec![shift("09:00", "18:00"); 29])]
    {
        let answer = roster_as(&crew, &crew.owner, &clerk.id, shifts).await;
        assert_eq!(answer.user_error("setRoster"), "SHIFTS_INVALID");
    }
    saturdays(&crew, &clerk, "09:00", "24:00").await;
    let list =
        "query($shop: ID!) { shop(id: $shop) { roster { subAccount { id } shifts { until } onShift { until } } } }";
    let list = crew.app.ok(&crew.owner, list, json!({ "shop": crew.shop })).await["shop"]["roster"].clone();
    assert_eq!(
        list,
        json!([{ "subAccount": { "id": clerk.id }, "shifts": [{ "until": "24:00" }],
            "onShift": { "until": "2026-11-21T16:00:00Z" } }])
    );
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": clerk.id }), "").await.data();
    let answer = roster_as(&crew, &crew.owner, &clerk.id, json!([])).await;
    assert_eq!(answer.user_error("setRoster"), "SUB_ACCOUNT_DEPARTED");
    crew.stop().await;
}
