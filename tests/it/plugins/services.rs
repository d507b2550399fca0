//! A service's own codes: on the same page, by the same mutations, under the same guards (requirement 5.8).

use std::time::Duration;

use serde_json::json;

use super::kit::{Kit, until};
use crate::support::app::TestApp;

/// 5.8: dropped into the folder of a running server, under load and without a failed request.
#[tokio::test(flavor = "multi_thread")]
async fn r5_8_a_service_stands_in_the_catalogue_within_a_second_of_its_files() {
    let mut kit = Kit::start().await;
    kit.look().await;
    kit.watch();
    assert_eq!(kit.catalogue().await, Vec::<String>::new());
    kit.folder().example("acme-print");
    // Every look at the page is a request, and none may fail.
    let took = until("the tree stands in the catalogue", async || !kit.catalogue().await.is_empty()).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let codes = kit.catalogue().await;
    for code in ["acme_print", "acme_print.waybill", "acme_print.waybill.print", "acme_print.template.update"] {
        assert!(codes.iter().any(|one| one == code), "{code} is not in {codes:?}");
    }
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_8_nobody_holds_a_code_of_a_service_that_the_shop_does_not_have() {
    let kit = Kit::start().await;
    kit.folder().example("acme-print");
    kit.look().await;
    let clerk = kit.clerk("clerk", &[]).await;
    let refused = kit.grant(&clerk, "acme_print.waybill.print", json!(null)).await;
    assert_eq!(refused.user_error("grantPermission"), "NOT_SUBSCRIBED");
    let denial = kit.used(&kit.owner, "acme_print.waybill.print").await.unwrap_err();
    assert_eq!(denial.reason, "NOT_SUBSCRIBED");
    let heading = kit.grant(&clerk, "acme_print.waybill", json!(null)).await;
    assert_eq!(heading.user_error("grantPermission"), "HEADING");

    kit.subscribe("acme-print").await;
    assert!(kit.used(&kit.owner, "acme_print.waybill.print").await.is_ok(), "the main account holds it now");
    assert_eq!(kit.used(&clerk, "acme_print.waybill.print").await.unwrap_err().reason, "PERMISSION_MISSING");
    // Another shop of another account has it not.
    let other = kit.app.account("other").await;
    let shop = kit.app.shop(&other).await.parse().unwrap();
    let denial = super::using::used(&kit.app, &other, shop, "acme_print.waybill.print").await.unwrap_err();
    assert_eq!(denial.reason, "NOT_SUBSCRIBED");
    kit.stop().await;
}

/// Step 2 of the story: a limit of 100 a day, and the 101st is denied with what is left and when it resets.
#[tokio::test(flavor = "multi_thread")]
async fn r5_8_r5_4_a_hundred_a_day_means_a_hundred() {
    let kit = Kit::start().await;
    kit.folder().example("acme-print");
    kit.look().await;
    kit.subscribe("acme-print").await;
    let clerk = kit.clerk("clerk", &[]).await;
    let granted = kit.grant(&clerk, "acme_print.waybill.print", json!({ "countPerDay": 100 })).await;
    assert_eq!(granted.user_error("grantPermission"), "");
    for turn in 0..100 {
        assert!(kit.used(&clerk, "acme_print.waybill.print").await.is_ok(), "{turn}");
    }
    let denial = kit.used(&clerk, "acme_print.waybill.print").await.unwrap_err();
    assert_eq!((denial.reason, denial.limit.as_deref()), ("LIMIT_COUNT_PER_DAY", Some("100")));
    assert!(denial.grant.is_some() && denial.plugin.is_none(), "the limit is the grant's: {denial:?}");
    kit.app.clock.advance(chrono::TimeDelta::hours(13));
    assert!(kit.used(&clerk, "acme_print.waybill.print").await.is_ok(), "the next day");
    kit.app.verified().await;
    kit.stop().await;
}

/// A limit that the service obliges is held where there is no grant at all, and the narrower of two counts.
#[tokio::test(flavor = "multi_thread")]
async fn r5_4_what_a_service_obliges_is_counted_like_a_grants_limit() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DCOUNT=2"]);
    kit.look().await;
    kit.subscribe("small").await;
    for _ in 0..2 {
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    }
    let denial = kit.used(&kit.owner, "small.use").await.unwrap_err();
    assert_eq!((denial.reason, denial.plugin.as_ref().unwrap().id.as_str()), ("LIMIT_COUNT_PER_DAY", "small"));
    let clerk = kit.clerk("clerk", &[]).await;
    assert_eq!(kit.grant(&clerk, "small.use", json!({ "countPerDay": 1 })).await.user_error("grantPermission"), "");
    assert!(kit.used(&clerk, "small.use").await.is_ok());
    let denial = kit.used(&clerk, "small.use").await.unwrap_err();
    assert_eq!((denial.limit.as_deref(), denial.plugin.as_ref()), (Some("1"), None), "the grant is narrower");
    kit.stop().await;
}

/// The contract: `create` gets all settings, defaults filled in. This one works with nothing less.
#[tokio::test(flavor = "multi_thread")]
async fn r4_16_what_nobody_set_of_a_service_has_its_default() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DSETTING"]);
    kit.look().await;
    assert!(kit.keeper.plugins.faults().is_empty(), "{:?}", kit.keeper.plugins.faults());
    kit.subscribe("small").await;
    for _ in 0..3 {
        assert!(kit.used(&kit.owner, "small.use").await.is_ok());
    }
    let denial = kit.used(&kit.owner, "small.use").await.unwrap_err();
    assert_eq!((denial.reason, denial.limit.as_deref()), ("LIMIT_COUNT_PER_DAY", Some("3")));
    kit.stop().await;
}

/// h01 for services: of many at once exactly as many as the limit lets through.
#[tokio::test(flavor = "multi_thread")]
async fn h01_parallel_uses_of_a_services_code_stop_at_the_limit() {
    let postgres = crate::support::pg::PgServer::start_with(crate::support::pg::Durability::None).await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 16).await;
    let kit = Kit::on(app, super::kit::Folder::new()).await;
    kit.folder().small(1, &[]);
    kit.look().await;
    kit.subscribe("small").await;
    let clerk = kit.clerk("clerk", &[]).await;
    assert_eq!(kit.grant(&clerk, "small.use", json!({ "countPerDay": 37 })).await.user_error("grantPermission"), "");
    let uses = (0..80).map(|_| kit.used(&clerk, "small.use"));
    let done = futures_util::future::join_all(uses).await;
    assert_eq!(done.iter().filter(|used| used.is_ok()).count(), 37);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_7_a_services_no_names_it_and_its_reason_in_both_languages() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DDENY"]);
    kit.look().await;
    kit.subscribe("small").await;
    let denial = kit.used(&kit.owner, "small.use").await.unwrap_err();
    let text = denial.message.unwrap();
    assert_eq!(text.en, "Small does not allow it: \"Not today.\"");
    assert_eq!(text.zh, "“小服务”不允许此操作:“今天不行。”");
    let word = denial.plugin.unwrap();
    assert_eq!(
        (denial.reason, word.id.as_str(), word.version.as_str(), word.reason_code),
        ("PLUGIN_DENIED", "small", "1.0.0", 101)
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_explain_shows_what_a_service_says() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DDENY"]);
    kit.folder().small_as("other", 1, &["-DCOUNT=5"]);
    kit.look().await;
    let ask = async |permission: &str| {
        let query = "query($p: String!) { explain(input: { permission: $p }) { allowed path { kind text sourceId } denial { reason message } } }";
        kit.app.ok(&kit.owner, query, json!({ "p": permission })).await["explain"].clone()
    };
    let answer = ask("small.use").await;
    assert_eq!((&answer["allowed"], &answer["path"][0]["kind"]), (&json!(false), &json!("SERVICE")));
    kit.subscribe("small").await;
    kit.subscribe("other").await;
    let answer = ask("small.use").await;
    assert_eq!(answer["denial"]["reason"], "PLUGIN_DENIED");
    assert_eq!(
        answer["path"][1],
        json!({ "kind": "PLUGIN", "text": "Small does not allow it: \"Not today.\"", "sourceId": "small" })
    );
    let answer = ask("other.use").await;
    assert_eq!((&answer["allowed"], &answer["path"][1]["kind"]), (&json!(true), &json!("PLUGIN")));
    // Asking uses nothing up.
    for _ in 0..5 {
        assert!(kit.used(&kit.owner, "other.use").await.is_ok());
    }
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_never_used_again_and_a_code_never_changes_hands() {
    let kit = Kit::start().await;
    kit.folder().small(1, &["-DEXTRA"]);
    kit.look().await;
    let number = |code: &str| kith::permissions::catalogue::by_code(code).unwrap().number;
    let (used, more) = (number("small.use"), number("small.more"));
    assert!(used >= kith::permissions::catalogue::FIRST_DYNAMIC);
    kit.folder().remove("small-1");
    kit.look().await;
    kit.folder().small_as("other", 1, &[]);
    kit.look().await;
    assert!(number("other.use") > used.max(more), "the numbers of a removed service stay its own");
    kit.folder().small(2, &["-DEXTRA"]);
    kit.look().await;
    assert_eq!((number("small.use"), number("small.more")), (used, more));
    // A service whose prefix the operator gave to another plugin as well.
    let library = super::kit::small("small", 9, &[]);
    let claims = kith::plugins::sign::Claims { code_prefix: Some("small"), ..super::kit::claims("small-thief") };
    kit.folder().drop("thief", &library, &claims);
    kit.look().await;
    let faults = kit.keeper.plugins.faults();
    assert!(faults.iter().any(|fault| fault.file == "thief.so" && fault.refused.code == "CODE_TAKEN"), "{faults:?}");
    kit.stop().await;
}
