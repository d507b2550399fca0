//! Opening, methods, reports, the end: requirements 0.3, 0.4, 0.5, 0.7, 0.9, 0.11 and 0.14.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::intimate::Home;

fn cap(amount: &str) -> Value {
    json!({ "monthlyCap": { "amount": amount } })
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    use diesel_async::RunQueryDsl as _;
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let count = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("SELECT count(*) FROM {table}"));
    count.get_result(&mut *conn).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_3_intimate_pay_is_opened_on_an_accepted_link_only_and_ends_with_it() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    let invite = "mutation { inviteFamilyMember(input: { relation: PARENT, name: \"Dad\" }) { familyLink { id } } }";
    let pending = app.ok(&daughter, invite, json!({})).await["inviteFamilyMember"]["familyLink"]["id"].clone();
    let refused = app.ask_terms(&daughter, pending.as_str().unwrap(), cap("500")).await;
    assert_eq!(refused.user_error("openIntimatePay"), "FAMILY_LINK_NOT_ACCEPTED");
    let link = app.family(&daughter, &father).await;
    let asked = app.ask_terms(&daughter, &link, cap("500")).await.data();
    let token = asked["openIntimatePay"]["confirmationToken"].as_str().unwrap().to_owned();
    // The link ends between the two steps.
    let end = "mutation($id: ID!) { endFamilyLink(input: { familyLinkId: $id }) { userErrors { code } } }";
    app.ok(&father, end, json!({ "id": link })).await;
    let refused = app.confirm_terms(&daughter, &token).await;
    assert_eq!(refused.user_error("confirmIntimatePay"), "FAMILY_LINK_NOT_ACCEPTED");
    // What stands on a link ends with it.
    let again = app.family(&daughter, &father).await;
    let relation = app.relation(&daughter, &again, cap("500")).await;
    app.ok(&father, end, json!({ "id": again })).await;
    let node = "query($id: ID!) { node(id: $id) { ... on IntimatePay { state endedAt } } }";
    let seen = app.ok(&daughter, node, json!({ "id": relation })).await;
    assert_eq!(seen["node"]["state"], "ENDED", "{seen}");
    let stranger = app.account("stranger").await;
    assert_eq!(app.ask_terms(&stranger, &again, cap("500")).await.code(), "NOT_FOUND", "h19");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_4_opening_is_two_steps_and_the_first_changes_nothing() {
    let app = TestApp::start().await;
    let (daughter, father) = (app.account("daughter").await, app.account("father").await);
    let link = app.family(&daughter, &father).await;
    let asked = app.ask_terms(&daughter, &link, cap("500.00")).await.data();
    let asked = &asked["openIntimatePay"];
    assert_eq!(asked["terms"]["monthlyCap"]["amount"], "500.00", "{asked}");
    assert_eq!((&asked["beneficiary"]["displayName"], &asked["existing"]), (&json!(father.login), &json!([])));
    assert_eq!(rows(&app, "intimate_pays").await, 0, "nothing was changed");
    let token = asked["confirmationToken"].as_str().unwrap();
    // The token is bound to exactly these terms, this payer, and some minutes.
    let mut forged = token.to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'a' { 'b' } else { 'a' });
    for bad in ["", "kithcnf_", &forged, &daughter.token] {
        assert_eq!(app.confirm_terms(&daughter, bad).await.user_error("confirmIntimatePay"), "CONFIRMATION_INVALID");
    }
    assert_eq!(app.confirm_terms(&father, token).await.user_error("confirmIntimatePay"), "CONFIRMATION_INVALID");
    // Whoever found her session open cannot let somebody spend her money.
    assert_eq!(app.confirm_terms(&daughter, token).await.user_error("confirmIntimatePay"), "STEP_UP_REQUIRED");
    assert_eq!(rows(&app, "intimate_pays").await, 0, "nothing was changed, and the token is as good as before");
    app.step_up(&daughter).await;
    let opened = app.confirm_terms(&daughter, token).await.data();
    let opened = &opened["confirmIntimatePay"]["intimatePay"];
    assert_eq!(opened["terms"]["monthlyCap"]["amount"], "500.00", "{opened}");
    assert_eq!(app.confirm_terms(&daughter, token).await.user_error("confirmIntimatePay"), "CONFIRMATION_USED");
    assert_eq!(app.ask_terms(&daughter, &link, cap("600")).await.user_error("openIntimatePay"), "ALREADY_OPEN");
    assert_eq!(rows(&app, "intimate_pays").await, 1);
    // h09: he may pay for her as well; what was shown too long ago is not confirmed.
    let back = app.ask_terms(&father, &link, cap("500")).await.data();
    app.clock.advance(TimeDelta::minutes(15));
    let late = back["openIntimatePay"]["confirmationToken"].as_str().unwrap();
    assert_eq!(app.confirm_terms(&father, late).await.user_error("confirmIntimatePay"), "CONFIRMATION_EXPIRED");
    app.relation(&father, &link, cap("500")).await;
    app.verified().await;
    app.stop().await;
}

/// 3.10: whoever found out the password of the log-in lets nobody spend her money with it.
#[tokio::test(flavor = "multi_thread")]
async fn r0_4_who_can_get_a_code_needs_one_to_open_to_widen_and_to_unfreeze() {
    let home = Home::open("500").await;
    let (app, daughter, email) = (&home.app, &home.daughter, "daughter@example.com");
    app.bind_email(daughter, email).await;
    let aunt = app.account("aunt").await;
    let link = app.family(daughter, &aunt).await;
    let asked = app.ask_terms(daughter, &link, cap("500")).await.data();
    let token = asked["openIntimatePay"]["confirmationToken"].as_str().unwrap();
    app.step_up(daughter).await;
    let confirm = "mutation($token: String!) { confirmIntimatePay(input: { confirmationToken: $token }) {
        userErrors { code message } } }";
    let refused = app.run(Some(&daughter.token), confirm, json!({ "token": token })).await;
    assert_eq!(refused.user_error("confirmIntimatePay"), "STEP_UP_REQUIRED", "the password is not enough");
    let said = refused.0["data"]["confirmIntimatePay"]["userErrors"][0]["message"].to_string();
    assert!(said.contains("a code to your phone or e-mail") && !said.contains("password"), "{said}");
    let (change, kind) = ("changeIntimatePayTerms", "ChangeIntimatePayTermsInput");
    let widen = || home.call(daughter, change, kind, json!({ "terms": cap("600") }));
    assert_eq!(widen().await.user_error(change), "STEP_UP_REQUIRED");
    let report = "mutation($input: ReportIntimatePaymentInput!) {
        reportIntimatePayment(input: $input) { caseId userErrors { code } } }";
    let input = json!({ "input": { "intimatePayId": home.relation, "reason": "odd" } });
    app.ok(daughter, report, input).await;
    let unfreeze = || home.call(daughter, "unfreezeIntimatePay", "IntimatePayInput", json!({}));
    assert_eq!(unfreeze().await.user_error("unfreezeIntimatePay"), "STEP_UP_REQUIRED");
    app.step_up_by_code(daughter, email).await;
    assert_eq!(widen().await.user_error(change), "");
    assert_eq!(unfreeze().await.user_error("unfreezeIntimatePay"), "");
    let opened = app.confirm_terms(daughter, token).await.data();
    assert_eq!(opened["confirmIntimatePay"]["intimatePay"]["state"], "ACTIVE", "{opened}");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_5_until_method_and_password_are_there_it_cannot_pay_and_says_which_is_missing() {
    let app = TestApp::start().await;
    let (seller, daughter, father) =
        (app.account("seller").await, app.account("daughter").await, app.account("father").await);
    let shop = app.shop(&seller).await;
    let method = app.balance(&daughter, "500.00").await;
    app.payment_password(&father).await;
    let link = app.family(&daughter, &father).await;
    let relation = app.relation(&daughter, &link, cap("500")).await;
    let item = app.item(&seller, &shop, "10.00").await;
    let order = app.unpaid_order(&father, &shop, &item, 1).await;
    let node = "query($id: ID!) { node(id: $id) { ... on IntimatePay { missingSteps methods { id } } } }";
    let seen = app.ok(&daughter, node, json!({ "id": relation })).await;
    assert_eq!(seen["node"]["missingSteps"], json!(["METHOD", "PAYMENT_PASSWORD"]));
    let pay = |key: &'static str| app.pay_intimately(&father, &relation, &order, key, "135790");
    assert_eq!(pay("1").await.user_error("payWithIntimatePay"), "METHOD_MISSING");
    app.methods(&daughter, &relation, &[&method]).await;
    assert_eq!(pay("2").await.user_error("payWithIntimatePay"), "PAYER_PASSWORD_MISSING");
    app.payment_password(&daughter).await;
    let seen = app.ok(&daughter, node, json!({ "id": relation })).await;
    assert_eq!(seen["node"], json!({ "missingSteps": [], "methods": [{ "id": method }] }));
    assert_eq!(pay("3").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    // Methods that are somebody else's, none at all, or one twice.
    let other = app.balance(&father, "1.00").await;
    let set = "mutation($input: SetIntimatePayMethodsInput!) {
        setIntimatePayMethods(input: $input) { userErrors { code } } }";
    for (who, methods, code) in [
        (&daughter, json!([other]), "METHOD_UNKNOWN"),
        (&daughter, json!([]), "METHODS_INVALID"),
        (&daughter, json!([method, method]), "METHODS_INVALID"),
        (&father, json!([other]), "ONLY_THE_PAYER"),
    ] {
        let input = json!({ "input": { "intimatePayId": relation, "methodIds": methods } });
        assert_eq!(app.run(Some(&who.token), set, input).await.user_error("setIntimatePayMethods"), code);
    }
    let seen = app.ok(&father, node, json!({ "id": relation })).await;
    assert_eq!(seen["node"]["methods"], json!([]), "the payer's methods are the payer's business");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_five_relations_and_three_changes_of_the_cap_a_month() {
    let home = Home::open("500").await;
    let app = &home.app;
    for _ in 0..4 {
        let relative = app.account("relative").await;
        let link = app.family(&home.daughter, &relative).await;
        app.relation(&home.daughter, &link, cap("500")).await;
    }
    let sixth = app.account("sixth").await;
    let link = app.family(&home.daughter, &sixth).await;
    let refused = app.ask_terms(&home.daughter, &link, cap("500")).await;
    assert_eq!(refused.user_error("openIntimatePay"), "TOO_MANY_RELATIONS");
    let change = |amount: &str| {
        home.call(
            &home.daughter,
            "changeIntimatePayTerms",
            "ChangeIntimatePayTermsInput",
            json!({ "terms": cap(amount) }),
        )
    };
    for amount in ["400", "300", "200"] {
        assert_eq!(change(amount).await.user_error("changeIntimatePayTerms"), "");
    }
    let refused = change("100").await;
    assert_eq!(refused.user_error("changeIntimatePayTerms"), "CAP_CHANGES_USED_UP");
    let said = refused.0["data"]["changeIntimatePayTerms"]["userErrors"][0]["message"].to_string();
    assert!(said.contains("2026-11-30T16:00:00Z"), "when it resets, in the payer's zone: {said}");
    assert_eq!(change("200").await.user_error("changeIntimatePayTerms"), "", "the same cap is no change");
    app.clock.set("2026-11-30T16:00:00Z".parse().unwrap());
    assert_eq!(change("100").await.user_error("changeIntimatePayTerms"), "", "a new month");
    assert_eq!(
        change("20000").await.user_error("changeIntimatePayTerms"),
        "STEP_UP_REQUIRED",
        "more money than before"
    );
    app.step_up(&home.daughter).await;
    assert_eq!(change("20000").await.user_error("changeIntimatePayTerms"), "");
    for amount in ["99.99", "20000.01"] {
        assert_eq!(change(amount).await.user_error("changeIntimatePayTerms"), "CAP_OUT_OF_RANGE", "{amount}");
    }
    for amount in ["0", "-1", "9223372036854775807", "0.001", "1e3", "１００", ""] {
        let code = change(amount).await.user_error("changeIntimatePayTerms").to_owned();
        assert!(["INVALID_AMOUNT", "CAP_OUT_OF_RANGE"].contains(&code.as_str()), "h08 {amount}: {code}");
    }
    let by_father = home.call(
        &home.father,
        "changeIntimatePayTerms",
        "ChangeIntimatePayTermsInput",
        json!({ "terms": cap("9000") }),
    );
    assert_eq!(by_father.await.user_error("changeIntimatePayTerms"), "ONLY_THE_PAYER");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_11_a_report_freezes_opens_a_case_and_tells_both_sides() {
    let home = Home::open("500").await;
    let bought = home.buy("10.00", "books").await.data();
    let purchase = bought["payWithIntimatePay"]["purchase"]["id"].clone();
    let report = "mutation($input: ReportIntimatePaymentInput!) { reportIntimatePayment(input: $input) {
        caseId intimatePay { state } userErrors { code } } }";
    let input = json!({ "intimatePayId": home.relation, "purchaseId": purchase, "reason": "That was not me" });
    let reported =
        home.app.ok(&home.daughter, report, json!({ "input": input })).await["reportIntimatePayment"].clone();
    assert_eq!(reported["intimatePay"]["state"], "FROZEN", "{reported}");
    assert_eq!(home.buy("10.00", "books").await.user_error("payWithIntimatePay"), "RELATION_FROZEN");
    home.app.deliver().await;
    let told = "{ viewer { notifications { edges { node { topic } } } } }";
    for who in [&home.daughter, &home.father] {
        assert!(home.app.ok(who, told, json!({})).await.to_string().contains("intimate_pay.frozen"));
        let cases = home.seen(who, "cases { id reason isClosed purchaseId }").await;
        assert_eq!(cases["cases"][0]["id"], reported["caseId"]);
        assert_eq!(cases["cases"][0]["purchaseId"], purchase);
    }
    let unfreeze = |who| home.call(who, "unfreezeIntimatePay", "IntimatePayInput", json!({}));
    assert_eq!(unfreeze(&home.father).await.user_error("unfreezeIntimatePay"), "ONLY_THE_PAYER");
    home.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(unfreeze(&home.daughter).await.user_error("unfreezeIntimatePay"), "STEP_UP_REQUIRED");
    home.app.step_up(&home.daughter).await;
    assert_eq!(unfreeze(&home.daughter).await.data()["unfreezeIntimatePay"]["intimatePay"]["state"], "ACTIVE");
    assert_eq!(home.buy("10.00", "books").await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    assert_eq!(home.seen(&home.daughter, "cases { isClosed }").await["cases"][0]["isClosed"], true);
    let stranger = home.app.account("stranger").await;
    let input = json!({ "input": { "intimatePayId": home.relation, "reason": "x" } });
    assert_eq!(home.app.run(Some(&stranger.token), report, input).await.code(), "NOT_FOUND", "h19");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_14_either_side_ends_it_and_the_history_stays_readable_to_both() {
    for by_payer in [true, false] {
        let home = Home::open("500").await;
        let bought = home.buy("10.00", "books").await.data();
        let order = home.order("10.00", "books").await;
        let who = if by_payer { &home.daughter } else { &home.father };
        let ended = home.call(who, "endIntimatePay", "IntimatePayInput", json!({})).await.data();
        assert_eq!(ended["endIntimatePay"]["intimatePay"]["state"], "ENDED");
        assert_eq!(home.pay(&order).await.user_error("payWithIntimatePay"), "RELATION_ENDED");
        for who in [&home.daughter, &home.father] {
            let seen = home.seen(who, "state purchases { edges { node { id } } } bill { spent { amount } }").await;
            let id = &seen["purchases"]["edges"][0]["node"]["id"];
            assert_eq!(id, &bought["payWithIntimatePay"]["purchase"]["id"], "{seen}");
            assert_eq!(seen["bill"]["spent"]["amount"], "10.00");
        }
        let again = home.call(who, "endIntimatePay", "IntimatePayInput", json!({})).await;
        assert_eq!(again.user_error("endIntimatePay"), "RELATION_ENDED");
        home.close().await;
    }
}

/// 3.12: a report is an alarm; whoever gets into an account must not be able to silence it with the news of purchases.
#[tokio::test(flavor = "multi_thread")]
async fn r3_12_a_report_is_told_although_transactions_are_switched_off() {
    let home = Home::open("500").await;
    let off = "mutation($channel: NotificationChannel!) {
        setNotificationPreference(input: { channel: $channel, enabled: false }) { userErrors { code } } }";
    for channel in ["TRANSACTIONS", "ACTIVITIES"] {
        let switched = home.app.ok(&home.daughter, off, json!({ "channel": channel })).await;
        assert_eq!(switched["setNotificationPreference"]["userErrors"], json!([]), "{channel}");
    }
    home.buy("10.00", "books").await.data();
    let report = "mutation($input: ReportIntimatePaymentInput!) {
        reportIntimatePayment(input: $input) { caseId userErrors { code } } }";
    let input = json!({ "input": { "intimatePayId": home.relation, "reason": "odd" } });
    home.app.ok(&home.father, report, input).await;
    home.call(&home.daughter, "unfreezeIntimatePay", "IntimatePayInput", json!({})).await.data();
    home.app.deliver().await;
    let seen =
        home.app.ok(&home.daughter, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
    let seen = seen.to_string();
    assert!(seen.contains("intimate_pay.frozen") && seen.contains("intimate_pay.unfrozen"), "{seen}");
    assert!(!seen.contains("intimate_pay.used"), "{seen}");
    home.close().await;
}
