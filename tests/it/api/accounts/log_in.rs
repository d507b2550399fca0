//! `logIn` and `logOut`.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use kith::domains::accounts::password;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::pg::PgServer;

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_wrong_name_and_a_wrong_password_give_the_same_error() {
    let app = TestApp::start().await;
    let known = app.account("aurora").await;
    let answer = async |login: &str, password: &str| {
        app.run(None, LOG_IN, json!({ "input": { "login": login, "password": password } })).await.0
    };
    let wrong_password = answer(&known.login, "not the password").await;
    assert_eq!(wrong_password["data"]["logIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    assert_eq!(wrong_password, answer("nobody", PASSWORD).await);
    assert_eq!(wrong_password, answer("nobody:xiaoli", PASSWORD).await);
    assert_eq!(wrong_password, answer(&format!("{}:nobody", known.login), PASSWORD).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_a_full_width_colon_has_its_own_message() {
    let app = TestApp::start().await;
    let input = json!({ "input": { "login": "aurora：xiaoli", "password": PASSWORD } });
    assert_eq!(app.run(None, LOG_IN, input).await.user_error("logIn"), "FULL_WIDTH_COLON");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_log_out_or_expiry() {
    let app = TestApp::start().await;
    let who = app.account("aurora").await;
    let viewer = "{ viewer { login } }";
    assert_eq!(app.ok(&who, viewer, json!({})).await["viewer"]["login"], json!(who.login));
    assert_eq!(app.run(None, viewer, json!({})).await.data()["viewer"], json!(null));

    let other = app.log_in(&who.login).await;
    app.ok(&who, "mutation { logOut { done } }", json!({})).await;
    assert_eq!(app.run(Some(&who.token), viewer, json!({})).await.code(), "UNAUTHENTICATED");
    app.run(Some(&other), viewer, json!({})).await.data();

    app.clock.advance(chrono::TimeDelta::hours(13));
    assert_eq!(app.run(Some(&other), viewer, json!({})).await.code(), "UNAUTHENTICATED", "expired");
    assert_eq!(app.run(Some("kith_forged"), viewer, json!({})).await.code(), "UNAUTHENTICATED", "forged");
    app.stop().await;
}

async fn try_in(app: &TestApp, login: &str, password: &str) -> String {
    let input = json!({ "input": { "login": login, "password": password } });
    app.run(None, LOG_IN, input).await.user_error("logIn").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_7_a_bound_number_or_address_logs_in() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, "+8613812345634").await;
    for login in ["+8613812345634", "138 1234 5634", "13812345634"] {
        assert_eq!(try_in(&app, login, PASSWORD).await, "", "{login}");
    }
    assert_eq!(try_in(&app, "+8613912345678", PASSWORD).await, "WRONG_CREDENTIALS", "a number that nobody has");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_failures_cost_ever_longer_waits_the_same_for_names_that_nobody_has() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let mut said = Vec::new();
    for login in [who.login.as_str(), "nobody"] {
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(try_in(&app, login, "not the password").await);
        }
        app.clock.advance(TimeDelta::seconds(2));
        answers.push(try_in(&app, login, "not the password").await);
        app.clock.advance(TimeDelta::seconds(2));
        answers.push(try_in(&app, login, PASSWORD).await);
        said.push(answers);
    }
    let (wrong, wait) = ("WRONG_CREDENTIALS", "TOO_MANY_TRIES");
    assert_eq!(said[0], [wrong, wrong, wrong, wrong, wrong, wait, wrong, wait], "2 s after five, 4 s after six");
    assert_eq!(said[0], said[1]);
    app.clock.advance(TimeDelta::seconds(4));
    assert_eq!(try_in(&app, &who.login, PASSWORD).await, "");
    for _ in 0..5 {
        assert_eq!(try_in(&app, &who.login, "not the password").await, wrong, "a success starts the count anew");
    }
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_step_up_is_throttled_as_well() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let step_up = "mutation($p: String!) { stepUp(input: { password: $p }) { until userErrors { code } } }";
    for _ in 0..5 {
        let answer = app.run(Some(&who.token), step_up, json!({ "p": "not the password" })).await;
        assert_eq!(answer.user_error("stepUp"), "WRONG_CREDENTIALS");
    }
    let answer = app.run(Some(&who.token), step_up, json!({ "p": PASSWORD })).await;
    assert_eq!(answer.user_error("stepUp"), "TOO_MANY_TRIES");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h33_of_a_burst_of_guesses_no_more_than_the_free_ones_are_compared() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    let answers = join_all((0..200).map(|_| try_in(&app, &who.login, "not the password"))).await;
    let compared = answers.iter().filter(|code| *code == "WRONG_CREDENTIALS").count();
    assert_eq!(compared, 5, "of 200 guesses at once no more are compared than of 200 one after the other");
    // Nor does the right password get through.
    assert_eq!(try_in(&app, &who.login, PASSWORD).await, "TOO_MANY_TRIES");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h33_500_log_ins_at_once_keep_others_served_and_memory_bounded() {
    // As in production; the first call of the process counts.
    password::configure(password::Cost::default());
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    let before = peak_memory_mib();
    let flood = join_all((0..500).map(|at| {
        let (app, login) = (&app, format!("nobody{at}"));
        async move {
            let input = json!({ "input": { "login": login, "password": PASSWORD } });
            app.run(None, LOG_IN, input).await
        }
    }));
    let others = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let began = Instant::now();
            app.ok(&who, "{ viewer { login } }", json!({})).await;
            slowest = slowest.max(began.elapsed());
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(flood, others);
    for answer in &answers {
        let code = answer.user_error("logIn");
        assert!(["WRONG_CREDENTIALS", "TOO_MANY_TRIES"].contains(&code) || answer.code() == "BUSY", "{answer:?}");
    }
    let grown = peak_memory_mib() - before;
    eprintln!("500 log-ins at once: {grown} MiB more at most, a request beside them took {slowest:?} at most");
    assert!(slowest < Duration::from_secs(5), "a request beside the flood took {slowest:?}");
    // Hashed two at a time, of 19 MiB each, and 500 requests; all hashes at once would take 9.5 GB.
    assert!(grown < 1_000, "{grown} MiB more");
    app.stop().await;
}

/// The most memory that this process has had, in MiB.
fn peak_memory_mib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_an_unknown_user_takes_as_long_as_a_wrong_password() {
    password::configure(password::Cost::default());
    let app = TestApp::start().await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut who = app.account("meimei").await;
    for at in 0..24 {
        if at % 4 == 0 {
            // Before its waits begin.
            who = app.account("meimei").await;
        }
        for (login, times) in [(who.login.clone(), &mut known), (format!("nobody{}", at / 4), &mut unknown)] {
            let began = Instant::now();
            assert_eq!(try_in(&app, &login, "not the password").await, "WRONG_CREDENTIALS");
            times.push(began.elapsed());
        }
    }
    // The quartiles that a busy machine touches least: what it adds only makes times longer.
    let quartile = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 4]
    };
    let (known, unknown) = (quartile(&mut known), quartile(&mut unknown));
    eprintln!("a wrong password: {known:?}, an unknown user: {unknown:?}");
    assert!(known > Duration::from_millis(5), "it was hashed: {known:?}");
    // Without the hash the answer would come in a tenth of the time.
    let apart = known.abs_diff(unknown);
    assert!(apart < known / 3, "{known:?} and {unknown:?} are told apart");
    app.stop().await;
}
