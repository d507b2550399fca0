//! The authenticator: `enrolTotp`, `confirmTotp`, `disableTotp`, `renewRecoveryCodes`, and log-ins that wait for it.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kith::domains::accounts::totp::model::generator;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, Persona, TestApp};
use crate::support::pg::PgServer;

const ENROL: &str = "mutation { enrolTotp { secret uri userErrors { code } } }";
const CONFIRM: &str =
    "mutation($totp: String!) { confirmTotp(input: { totp: $totp }) { recoveryCodes userErrors { code } } }";
const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) {
    state token deviceToken pendingToken codeSentTo factors userErrors { code } } }";
const CONFIRM_LOG_IN: &str = "mutation($input: ConfirmLogInInput!) { confirmLogIn(input: $input) {
    state token deviceToken userErrors { code } } }";
const STEP_UP: &str = "mutation($input: StepUpInput!) { stepUp(input: $input) { factor userErrors { code } } }";
const DISABLE: &str = "mutation { disableTotp { done userErrors { code } } }";
const VIEWER: &str = "{ viewer { authenticator { activeSince recoveryCodesLeft } } }";

/// What the app shows now.
fn shown(app: &TestApp, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    generator(secret.as_ref()).unwrap().generate(u64::try_from(app.now().timestamp()).unwrap()).to_string()
}

/// Sets an authenticator up; gives its secret and the recovery codes.
async fn set_up(app: &TestApp, who: &Persona) -> (String, Vec<String>) {
    app.step_up(who).await;
    let enrolled = app.ok(who, ENROL, json!({})).await["enrolTotp"].clone();
    let secret = enrolled["secret"].as_str().unwrap().to_owned();
    assert!(enrolled["uri"].as_str().unwrap().contains(&secret));
    let confirmed = app.ok(who, CONFIRM, json!({ "totp": shown(app, &secret) })).await["confirmTotp"].clone();
    let codes = confirmed["recoveryCodes"].as_array().unwrap_or_else(|| panic!("{confirmed}"));
    app.clock.advance(TimeDelta::seconds(30));
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn log_in(app: &TestApp, login: &str, device: Option<&Value>) -> Value {
    let input = json!({ "input": { "login": login, "password": PASSWORD, "deviceToken": device } });
    app.run(None, LOG_IN, input).await.data()["logIn"].clone()
}

async fn confirm(app: &TestApp, pending: &Value, factor: &str, code: &str) -> Value {
    let input = json!({ "input": { "pendingToken": pending, factor: code } });
    app.run(None, CONFIRM_LOG_IN, input).await.data()["confirmLogIn"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_an_authenticator_counts_once_its_first_code_was_right() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let early = app.ok(&who, CONFIRM, json!({ "totp": "123456" })).await;
    assert_eq!(early["confirmTotp"]["userErrors"][0]["code"], "TOTP_NOT_ENROLLED");
    app.step_up(&who).await;
    let first = app.ok(&who, ENROL, json!({})).await["enrolTotp"]["secret"].as_str().unwrap().to_owned();
    assert_eq!(app.ok(&who, VIEWER, json!({})).await["viewer"]["authenticator"], json!(null));
    assert_eq!(log_in(&app, &who.login, None).await["state"], "ACTIVE", "not before it was confirmed");
    let wrong = app.ok(&who, CONFIRM, json!({ "totp": "12345" })).await;
    assert_eq!(wrong["confirmTotp"]["userErrors"][0]["code"], "TOTP_WRONG");
    let (secret, codes) = set_up(&app, &who).await;
    assert_ne!(first, secret, "setting up anew begins anew");
    assert_eq!(codes.len(), 10);
    let viewer = app.ok(&who, VIEWER, json!({})).await["viewer"]["authenticator"].clone();
    assert_eq!(viewer, json!({ "activeSince": "2026-11-21T04:00:00Z", "recoveryCodesLeft": 10 }));
    assert_eq!(app.ok(&who, ENROL, json!({})).await["enrolTotp"]["userErrors"][0]["code"], "TOTP_ACTIVE");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_with_an_authenticator_every_log_in_waits_for_a_code_which_is_good_once() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, "+8613812345634").await;
    let (secret, codes) = set_up(&app, &who).await;
    let waiting = log_in(&app, &who.login, None).await;
    assert_eq!((&waiting["state"], &waiting["factors"]), (&json!("PENDING"), &json!(["TOTP", "RECOVERY_CODE"])));
    assert_eq!(waiting["codeSentTo"], json!(null), "no message goes out");
    let pending = &waiting["pendingToken"];
    assert_eq!(confirm(&app, pending, "code", "123456").await["userErrors"][0]["code"], "CODE_NOT_ASKED");
    assert_eq!(confirm(&app, pending, "totp", "000").await["userErrors"][0]["code"], "TOTP_WRONG");
    let code = shown(&app, &secret);
    let done = confirm(&app, pending, "totp", &code).await;
    assert_eq!(done["state"], "ACTIVE", "{done}");

    let known = log_in(&app, &who.login, Some(&done["deviceToken"])).await;
    assert_eq!(known["state"], "PENDING", "a known device as well");
    let again = confirm(&app, &known["pendingToken"], "totp", &code).await;
    assert_eq!(again["userErrors"][0]["code"], "TOTP_WRONG", "h32: each code once");
    let by_recovery = confirm(&app, &known["pendingToken"], "recoveryCode", &codes[0].to_lowercase()).await;
    assert_eq!((&by_recovery["state"], &by_recovery["deviceToken"]), (&json!("ACTIVE"), &json!(null)));
    let third = log_in(&app, &who.login, None).await;
    let used = confirm(&app, &third["pendingToken"], "recoveryCode", &codes[0]).await;
    assert_eq!(used["userErrors"][0]["code"], "RECOVERY_CODE_WRONG", "once");
    assert_eq!(app.ok(&who, VIEWER, json!({})).await["viewer"]["authenticator"]["recoveryCodesLeft"], 9);
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h32_guesses_at_an_authenticator_cost_ever_longer_waits() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let (secret, _) = set_up(&app, &who).await;
    let waiting = log_in(&app, &who.login, None).await;
    let right = shown(&app, &secret);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let mut said = Vec::new();
    for at in 0..6 {
        let factor = if at % 2 == 0 { "totp" } else { "recoveryCode" };
        said.push(confirm(&app, &waiting["pendingToken"], factor, wrong).await["userErrors"][0]["code"].clone());
    }
    let (t, r, later) = ("TOTP_WRONG", "RECOVERY_CODE_WRONG", "TOO_MANY_TRIES");
    assert_eq!(said, [t, r, t, r, t, later]);
    assert_eq!(confirm(&app, &waiting["pendingToken"], "totp", &right).await["userErrors"][0]["code"], later);
    app.clock.advance(TimeDelta::seconds(3));
    assert_eq!(confirm(&app, &waiting["pendingToken"], "totp", &shown(&app, &secret)).await["state"], "ACTIVE");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_giving_it_up_and_new_recovery_codes_take_more_than_the_password() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let (secret, codes) = set_up(&app, &who).await;
    let denied = app.run(Some(&who.token), DISABLE, json!({})).await;
    assert_eq!(denied.0["errors"][0]["extensions"]["stepUpFactors"], json!(["TOTP", "RECOVERY_CODE"]));
    let strong = app.ok(&who, STEP_UP, json!({ "input": { "totp": shown(&app, &secret) } })).await;
    assert_eq!(strong["stepUp"]["factor"], "TOTP");
    let renew = "mutation { renewRecoveryCodes { recoveryCodes userErrors { code } } }";
    let renewed = app.ok(&who, renew, json!({})).await["renewRecoveryCodes"]["recoveryCodes"].clone();
    assert_eq!(renewed.as_array().unwrap().len(), 10);
    let old = app.ok(&who, STEP_UP, json!({ "input": { "recoveryCode": codes[1] } })).await;
    assert_eq!(old["stepUp"]["userErrors"][0]["code"], "RECOVERY_CODE_WRONG", "those before count no longer");
    assert_eq!(app.ok(&who, DISABLE, json!({})).await["disableTotp"]["done"], true);
    assert_eq!(log_in(&app, &who.login, None).await["state"], "ACTIVE");
    let after = app.ok(&who, STEP_UP, json!({ "input": { "recoveryCode": renewed[0] } })).await;
    assert_eq!(after["stepUp"]["userErrors"][0]["code"], "RECOVERY_CODE_WRONG", "they are gone with it");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h35_secret_and_recovery_codes_stand_in_no_table() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let (secret, codes) = set_up(&app, &who).await;
    let dump = app.dump().await;
    let raw = totp_rs::Secret::try_from_base32(&secret).unwrap();
    let hex: String = raw.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(dump.contains("confirmTotp") && !dump.contains(&secret) && !dump.contains(&hex));
    for code in &codes {
        assert!(!dump.contains(code) && !dump.contains(&code.replace('-', "")), "{code}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h32_a_code_submitted_many_times_at_once_counts_once() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    let (secret, codes) = set_up(&app, &who).await;
    for input in [json!({ "totp": shown(&app, &secret) }), json!({ "recoveryCode": codes[0] })] {
        let answers = join_all((0..10).map(|_| app.ok(&who, STEP_UP, json!({ "input": input })))).await;
        let done = answers.iter().filter(|answer| answer["stepUp"]["factor"].is_string()).count();
        assert_eq!(done, 1, "{answers:?}");
        app.clock.advance(TimeDelta::hours(1));
    }
    app.stop().await;
}
