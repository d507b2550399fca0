//! Requirement 0.9 across relations: what is counted belongs to the two people, and what lets the relative spend needs a step-up.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::intimate::Home;

/// ¥500 a month, with every other limit there is.
fn terms() -> Value {
    json!({
        "monthlyCap": { "amount": "500" }, "perPayment": { "amount": "200" }, "stepUpAbove": { "amount": "300" },
        "allowedCategories": ["books", "games"], "blockedCategories": ["games"],
        "hours": { "from": "07:00", "until": "22:00" },
        "emergency": { "category": "medicine", "cap": { "amount": "100" } },
    })
}

/// The same with something else in one place.
fn with(change: &Value) -> Value {
    let mut terms = terms();
    for (key, value) in change.as_object().unwrap() {
        terms[key] = value.clone();
    }
    terms
}

/// Ends the relation and opens another; the code that refuses it. What is refused leaves no relation.
async fn reopen(home: &mut Home, terms: Value) -> String {
    let ended = home.call(&home.daughter, "endIntimatePay", "IntimatePayInput", json!({})).await;
    assert!(["", "RELATION_ENDED"].contains(&ended.user_error("endIntimatePay")), "{ended:?}");
    let asked = home.app.ask_terms(&home.daughter, &home.link, terms).await.data();
    let token = asked["openIntimatePay"]["confirmationToken"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let answer = home.app.confirm_terms(&home.daughter, &token).await;
    if let Value::String(id) = &answer.0["data"]["confirmIntimatePay"]["intimatePay"]["id"] {
        home.relation = id.clone();
        home.app.methods(&home.daughter, &home.relation, &[&home.method]).await;
    }
    answer.user_error("confirmIntimatePay").to_owned()
}

async fn change(home: &Home, terms: Value) -> String {
    let (mutation, kind) = ("changeIntimatePayTerms", "ChangeIntimatePayTermsInput");
    home.call(&home.daughter, mutation, kind, json!({ "terms": terms })).await.user_error(mutation).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_ending_and_reopening_gives_no_second_month_no_fourth_change_and_no_way_around_the_step_up() {
    let mut home = Home::with(terms()).await;
    let first = home.order("200.00", "books").await;
    home.pay(&first).await.data();
    for (price, category) in [("200.00", "books"), ("100.00", "books"), ("100.00", "medicine")] {
        let paid = home.buy(price, category).await;
        assert_eq!(paid.0["data"]["payWithIntimatePay"]["purchase"]["state"], "PAID", "{paid:?}");
    }
    // The session that somebody found open is not a strong one any more.
    home.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(reopen(&mut home, with(&json!({ "monthlyCap": { "amount": "20000" } }))).await, "STEP_UP_REQUIRED");
    assert_eq!(
        reopen(&mut home, terms()).await,
        "STEP_UP_REQUIRED",
        "an end is not undone by whoever finds her session"
    );
    home.app.step_up(&home.daughter).await;
    assert_eq!(reopen(&mut home, terms()).await, "");
    let seen = home.seen(&home.daughter, "used { amount } left { amount } emergencyLeft { amount }").await;
    let same =
        json!({ "used": { "amount": "500.00" }, "left": { "amount": "0.00" }, "emergencyLeft": { "amount": "0.00" } });
    assert_eq!(seen, same, "the month goes on where it was");
    for category in ["books", "medicine"] {
        let refused = home.buy("0.01", category).await;
        assert_eq!(refused.user_error("payWithIntimatePay"), "LIMIT_PER_MONTH", "{category}");
    }
    home.app.clock.advance(TimeDelta::minutes(15));
    // Whatever allows more needs the step-up, in one relation as by way of another.
    let wider = [
        json!({ "monthlyCap": { "amount": "500.01" } }),
        json!({ "perPayment": null }),
        json!({ "perPayment": { "amount": "200.01" } }),
        json!({ "stepUpAbove": null }),
        json!({ "stepUpAbove": { "amount": "300.01" } }),
        json!({ "allowedCategories": [] }),
        json!({ "allowedCategories": ["books", "toys"] }),
        json!({ "blockedCategories": [] }),
        json!({ "hours": null }),
        json!({ "hours": { "from": "06:59", "until": "22:00" } }),
        json!({ "emergency": { "category": "medicine", "cap": { "amount": "100.01" } } }),
        json!({ "emergency": { "category": "books", "cap": { "amount": "100" } } }),
    ];
    for more in &wider {
        assert_eq!(change(&home, with(more)).await, "STEP_UP_REQUIRED", "{more}");
    }
    for more in &wider {
        assert_eq!(reopen(&mut home, with(more)).await, "STEP_UP_REQUIRED", "{more}");
    }
    // Hours somewhere else are other hours, and so are months.
    let open = "mutation($input: OpenIntimatePayInput!) { openIntimatePay(input: $input) { confirmationToken } }";
    let input = json!({ "input": { "familyLinkId": home.link, "terms": terms(), "timeZone": "America/Los_Angeles" } });
    let asked = home.app.ok(&home.daughter, open, input).await;
    let elsewhere = asked["openIntimatePay"]["confirmationToken"].as_str().unwrap();
    let refused = home.app.confirm_terms(&home.daughter, elsewhere).await;
    assert_eq!(refused.user_error("confirmIntimatePay"), "STEP_UP_REQUIRED");
    home.app.step_up(&home.daughter).await;
    // Three changes of the caps a month, whichever relation and whichever of the two caps they are made of.
    let capped = |cap: &str| with(&json!({ "monthlyCap": { "amount": cap } }));
    assert_eq!(reopen(&mut home, capped("400")).await, "");
    let less = json!({ "monthlyCap": { "amount": "400" }, "emergency": { "category": "medicine", "cap": { "amount": "90" } } });
    assert_eq!(change(&home, with(&less)).await, "");
    let none = json!({ "monthlyCap": { "amount": "300" }, "emergency": null });
    assert_eq!(change(&home, with(&none)).await, "");
    let fourth = json!({ "monthlyCap": { "amount": "200" }, "emergency": null });
    assert_eq!(change(&home, with(&fourth)).await, "CAP_CHANGES_USED_UP");
    assert_eq!(reopen(&mut home, with(&fourth)).await, "CAP_CHANGES_USED_UP");
    assert_eq!(reopen(&mut home, with(&none)).await, "", "the same caps are no change");
    // What was bought with the first relation comes back to what the two have.
    home.app.refund_all(&home.seller, &home.father, &first, "150.00").await;
    assert_eq!(home.used().await, "350.00");
    home.app.clock.set("2026-11-30T16:00:00Z".parse().unwrap());
    home.app.step_up(&home.daughter).await;
    assert_eq!(home.used().await, "0.00", "a new month");
    assert_eq!(reopen(&mut home, with(&fourth)).await, "", "and three changes");
    home.close().await;
}

/// What was counted by relation before, the database counts by the two people from then on.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_what_several_relations_have_counted_is_added_up_by_the_migration() {
    let mut home = Home::with(terms()).await;
    for (price, category) in [("200.00", "books"), ("100.00", "medicine")] {
        home.buy(price, category).await.data();
    }
    assert_eq!(reopen(&mut home, terms()).await, "");
    home.buy("50.00", "books").await.data();
    macro_rules! migration {
        ($way:literal) => {
            include_str!(concat!("../../../../migrations/00000000000069_intimate_pairs/", $way, ".sql"))
        };
    }
    home.app.sql(migration!("down")).await;
    // As it was then: each relation had its own.
    let relation = |state: &str| format!("(SELECT id FROM intimate_pays WHERE state = '{state}')");
    let (old, new) = (relation("ENDED"), relation("ACTIVE"));
    home.app
        .sql(&format!(
            "INSERT INTO quota_usage (owner_id, counter_id, quota_window, starts_on, amount_minor, uses)
             SELECT owner_id, {old}, quota_window, starts_on, 20000, 1 FROM quota_usage WHERE counter_id = {new};
             UPDATE quota_usage SET amount_minor = amount_minor - 20000, uses = uses - 1 WHERE counter_id = {new}"
        ))
        .await;
    assert_eq!(home.app.count("SELECT count(*) FROM quota_usage WHERE amount_minor IN (20000, 5000)").await, 2);
    home.app.sql(migration!("up")).await;
    let seen = home.seen(&home.daughter, "used { amount } emergencyLeft { amount }").await;
    assert_eq!(seen, json!({ "used": { "amount": "250.00" }, "emergencyLeft": { "amount": "0.00" } }));
    assert_eq!(home.app.count("SELECT max(nth)::bigint FROM intimate_pays").await, 2);
    home.close().await;
}

/// 0.11: ending a relation that was reported, and opening it anew, lets it go on as much as unfreezing does.
#[tokio::test(flavor = "multi_thread")]
async fn r0_11_a_report_is_not_lifted_by_ending_and_opening_anew_without_a_step_up() {
    let mut home = Home::with(terms()).await;
    let report = "mutation($input: ReportIntimatePaymentInput!) {
        reportIntimatePayment(input: $input) { caseId userErrors { code } } }";
    let input = json!({ "input": { "intimatePayId": home.relation, "reason": "odd" } });
    home.app.ok(&home.daughter, report, input).await;
    home.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(reopen(&mut home, terms()).await, "STEP_UP_REQUIRED");
    home.app.step_up(&home.daughter).await;
    assert_eq!(reopen(&mut home, terms()).await, "");
    assert_eq!(home.buy("10.00", "books").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    home.close().await;
}
