//! `configureService`.

use serde_json::{Value, json};

use super::{Booth, PRINT};

#[tokio::test(flavor = "multi_thread")]
async fn r4_16_settings_of_the_shop_and_of_one_sub_account_reach_the_service() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let (one, other) = (booth.crew.hire("one", "OTHER").await, booth.crew.hire("other", "OTHER").await);
    for clerk in [&one, &other] {
        booth.crew.grant(clerk, PRINT, json!(null)).await;
    }
    let copies = async |who, copies: i64| {
        let answer = booth.decide(who, PRINT, json!({ "copies": copies })).await;
        (answer["decision"].as_bool().unwrap(), answer["message"].as_str().unwrap_or_default().to_owned())
    };
    assert!(copies(&one, 10).await.0, "the default");
    booth.configure(None, json!({ "max_copies": 3 })).await;
    let (allowed, words) = copies(&one, 4).await;
    assert!(!allowed && words.contains("1 to 3"), "{words}");
    booth.configure(Some(&one), json!({ "max_copies": 7 })).await;
    assert!(copies(&one, 7).await.0, "its own before the shop's");
    assert!(!copies(&one, 8).await.0);
    assert!(copies(&other, 3).await.0 && !copies(&other, 4).await.0, "the others as before");
    booth.configure(Some(&one), Value::Null).await;
    assert!(!copies(&one, 7).await.0, "the shop's again");
    booth.configure(None, json!({})).await;
    assert!(copies(&one, 10).await.0, "the default again");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_16_settings_are_shown_with_their_schema_and_survive_the_subscription() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.configure(None, json!({ "max_copies": 3, "printers": ["p1", "p2"] })).await;
    booth.configure(Some(&clerk), json!({ "daily_prints": 5 })).await;
    booth.unsubscribe().await;
    booth.subscribe().await;
    let service = booth.service().await;
    let keys: Vec<&str> =
        service["settingsSchema"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["max_copies", "printers", "daily_prints"]);
    let first = &service["settingsSchema"][0];
    assert_eq!(
        (&first["kind"], &first["default"], &first["schema"]["maximum"]),
        (&json!("INTEGER"), &json!(10), &json!(1000))
    );
    let set = service["settings"].as_array().unwrap();
    assert_eq!(set[0], json!({ "subAccountId": null, "values": { "max_copies": 3, "printers": ["p1", "p2"] } }));
    assert_eq!(set[1], json!({ "subAccountId": clerk.id, "values": { "daily_prints": 5 } }));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_16_bad_settings_are_refused_and_nothing_is_kept() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let mut deep = json!("x");
    for _ in 0..40 {
        deep = json!([deep]);
    }
    for (settings, code) in [
        (json!({ "max_copies": "3" }), "SETTINGS_INVALID"),
        (json!({ "max_copies": 0 }), "SETTINGS_INVALID"),
        (json!({ "max_copies": 1001 }), "SETTINGS_INVALID"),
        (json!({ "max_copies": 2.5 }), "SETTINGS_INVALID"),
        (json!({ "printers": [1] }), "SETTINGS_INVALID"),
        (json!({ "printers": ["a\u{0}b"] }), "SETTINGS_INVALID"),
        (json!([1, 2]), "SETTINGS_INVALID"),
        (json!("max_copies"), "SETTINGS_INVALID"),
        (json!({ "max_copeis": 3 }), "SETTINGS_UNKNOWN_KEY"),
        (json!({ "printers": deep }), "SETTINGS_TOO_DEEP"),
        (json!({ "printers": ["x".repeat(1 << 20)] }), "SETTINGS_TOO_LARGE"),
    ] {
        let answer = booth
            .call_as(&booth.crew.owner, "configureService", json!({ "settings": settings }), "service { id }")
            .await;
        assert_eq!(answer.user_error("configureService"), code, "{settings:.80}: {:.400}", format!("{answer:?}"));
        let error = &answer.0["data"]["configureService"]["userErrors"][0];
        assert_eq!(error["field"], json!(["input", "settings"]));
        assert!(error["message"].as_str().unwrap().len() < 400);
    }
    assert_eq!(booth.service().await["settings"], json!([]));
    booth.unsubscribe().await;
    let none = booth.call_as(&booth.crew.owner, "configureService", json!({ "settings": {} }), "service { id }").await;
    assert_eq!(none.user_error("configureService"), "NOT_SUBSCRIBED");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_h35_the_trail_keeps_which_settings_were_changed_and_not_what_they_are() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    booth.configure(None, json!({ "printers": ["SECRET-CANARY"] })).await;
    let entries = booth.audit("configureService").await;
    assert_eq!(entries.len(), 1);
    let text = entries[0].to_string();
    assert!(text.contains("printers") && !text.contains("CANARY"), "{text}");
    booth.crew.app.verified().await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_12_staff_do_not_change_the_limits_they_are_held_to() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let boss = booth.crew.hire("boss", "SUPERVISOR").await;
    let answer =
        booth.call_as(&boss, "configureService", json!({ "settings": { "max_copies": 1000 } }), "service { id }").await;
    assert_eq!(answer.code(), "FORBIDDEN");
    booth.stop().await;
}

/// Requirements 4.16 and 5.2: who manages the service's permissions sets what it is for those below, within what is fixed.
#[tokio::test(flavor = "multi_thread")]
async fn r4_16_r5_2_who_manages_the_permission_sets_it_for_those_below_and_no_further() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let (lead, clerk) = (booth.crew.hire("lead", "SUPERVISOR").await, booth.crew.hire("clerk", "OTHER").await);
    let peer = booth.crew.hire("peer", "SUPERVISOR").await;
    let set =
        async |who: &crate::support::app::Persona, whom: Option<&crate::support::app::Persona>, settings: Value| {
            let input = json!({ "subAccountId": whom.map(|who| who.id.clone()), "settings": settings });
            let answer = booth.call_as(who, "configureService", input, "service { id }").await;
            match answer.code() {
                "" => answer.user_error("configureService").to_owned(),
                code => code.to_owned(),
            }
        };
    let printers = || json!({ "printers": ["p7"] });
    assert_eq!(set(&lead, Some(&clerk), printers()).await, "FORBIDDEN", "may not grant");
    booth.crew.grant(&lead, "permission.grant", json!(null)).await;
    assert_eq!(set(&lead, Some(&clerk), printers()).await, "PERMISSION_NOT_HELD", "does not hold what the service has");
    booth.crew.grant(&lead, PRINT, json!(null)).await;
    assert_eq!(set(&lead, Some(&clerk), printers()).await, "PERMISSION_NOT_HELD", "not all of it");
    let codes = booth.service().await["permissions"].clone();
    for code in codes.as_array().unwrap().iter().filter(|code| code["heading"] == false) {
        booth.crew.grant(&lead, code["code"].as_str().unwrap(), json!(null)).await;
    }
    assert_eq!(set(&lead, Some(&clerk), printers()).await, "");
    let kept = booth.service().await["settings"].clone();
    assert_eq!(kept, json!([{ "subAccountId": clerk.id, "values": { "printers": ["p7"] } }]));
    assert_eq!(set(&lead, Some(&lead), printers()).await, "ONESELF");
    assert_eq!(set(&lead, None, printers()).await, "FORBIDDEN", "the shop's are the main account's");
    assert_eq!(set(&lead, Some(&peer), printers()).await, "", "one who stands as high");
    // What the main account fixed, for the shop or for the one who sets, stays.
    booth.configure(None, json!({ "max_copies": 3 })).await;
    assert_eq!(set(&lead, Some(&clerk), json!({ "max_copies": 1000 })).await, "SETTINGS_FIXED");
    assert_eq!(set(&lead, Some(&clerk), json!({ "max_copies": 3, "printers": ["p7"] })).await, "");
    booth.configure(Some(&lead), json!({ "daily_prints": 5 })).await;
    assert_eq!(set(&lead, Some(&clerk), json!({ "daily_prints": 6 })).await, "SETTINGS_FIXED");
    // The main account is held to nothing.
    assert_eq!(set(&booth.crew.owner, Some(&clerk), json!({ "max_copies": 9 })).await, "");
    let entries = booth.audit("configureService").await;
    assert!(entries.iter().any(|entry| entry["permission"] == "permission.grant"), "{entries:?}");
    booth.crew.app.verified().await;
    booth.stop().await;
}

/// Requirement 5.2: nobody reaches above.
#[tokio::test(flavor = "multi_thread")]
async fn r5_2_settings_of_somebody_above_are_refused_and_those_of_another_shop_are_not_found() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let (lead, above) = (booth.crew.hire("lead", "OTHER").await, booth.crew.hire("above", "SUPERVISOR").await);
    booth.crew.grant(&lead, "permission.grant", json!(null)).await;
    let about = async |id: &str| {
        let input = json!({ "subAccountId": id, "settings": { "max_copies": 5 } });
        booth.call_as(&lead, "configureService", input, "service { id }").await
    };
    assert_eq!(about(&above.id).await.user_error("configureService"), "ABOVE_OWN_RANK");
    let stranger = booth.crew.app.account("stranger").await;
    let shop = booth.crew.app.shop(&stranger).await;
    let foreign = booth.crew.app.clerk(&shop, "foreign", &[]).await;
    let nobody = "sub_01h455vb4pex5vsknk084sn02q";
    assert_eq!(about(&foreign.id).await.code(), about(nobody).await.code());
    assert_eq!(about(&foreign.id).await.code(), "NOT_FOUND");
    booth.stop().await;
}

/// How many children of this process live.
fn children() -> usize {
    processes().len()
}

/// The children of this process that live: the processes of isolated instances.
fn processes() -> std::collections::HashSet<String> {
    let me = std::process::id().to_string();
    let stats = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let process = stat.split(' ').next()?.to_owned();
        Some((fields.next()?.to_owned(), fields.next()?.to_owned(), process))
    });
    stats.filter(|(state, parent, _)| state != "Z" && *parent == me).map(|(.., process)| process).collect()
}

/// Settings are tried in a process that ends with the trial, and a shop that changes its own often ends its own instances: the
/// other shops' go on.
#[tokio::test(flavor = "multi_thread")]
async fn h23_no_shop_ends_the_instances_of_another() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let app = &booth.crew.app;
    let other = app.account("other").await;
    let shop = app.shop(&other).await;
    let of = |more: Value| {
        let mut input = json!({ "shopId": shop, "serviceId": "acme-print" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    booth.crew.call(&other, "subscribeService", of(json!({})), "service { id }").await.data();
    let set = of(json!({ "settings": { "max_copies": 777 } }));
    booth.crew.call(&other, "configureService", set, "service { id }").await.data();
    let theirs = app.clerk(&shop, "theirs", &[PRINT]).await;
    let decide = async || {
        let query = "query($input: AuthorizeInput!) { authorize(input: $input) { decision } }";
        let input = json!({ "subAccountId": theirs.id, "permission": PRINT, "context": { "copies": 700 } });
        app.ok(&other, query, json!({ "input": input })).await["authorize"]["decision"].clone()
    };
    let mut here = processes();
    let begun = std::time::Instant::now();
    // Configuring has started it, or the first question has.
    while here.len() < 2 {
        assert_eq!(decide().await, json!(true));
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
        here = processes();
    }
    // Twenty trials of what is never set.
    for most in 1..=20 {
        let input = json!({ "shopId": booth.crew.shop, "serviceId": "acme-print", "settings": { "max_copies": most } });
        let answer =
            booth.crew.call_with(&booth.crew.owner, "configureService", "@dryRun", input, "service { id }").await;
        assert_eq!(answer.user_error("configureService"), "", "{answer:?}");
    }
    while processes().len() > here.len() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(40), "trials end: {:?}", processes());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(processes(), here, "nothing of the trials stays, and nobody's instance ended");
    // Twenty sets in earnest, each used.
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    for most in 1..=20 {
        booth.configure(None, json!({ "max_copies": most })).await;
        assert_eq!(booth.decide(&clerk, PRINT, json!({ "copies": most })).await["decision"], json!(true), "{most}");
    }
    let gone: Vec<String> = here.difference(&processes()).cloned().collect();
    assert_eq!(gone, Vec::<String>::new(), "that of the other shop and the one with the defaults live");
    assert_eq!(decide().await, json!(true));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_however_many_sets_of_settings_there_are_the_instances_are_bounded_and_right() {
    let booth = Booth::start().await;
    booth.subscribe().await;
    let clerk = booth.crew.hire("clerk", "OTHER").await;
    booth.crew.grant(&clerk, PRINT, json!(null)).await;
    for most in (1..=20).chain([3]) {
        booth.configure(None, json!({ "max_copies": most })).await;
        for (copies, allowed) in [(most, true), (most + 1, false)] {
            let answer = booth.decide(&clerk, PRINT, json!({ "copies": copies })).await;
            assert_eq!(answer["decision"], json!(allowed), "{copies} of {most}: {answer}");
        }
    }
    // 16 and the one with the defaults; one that was let go takes a moment to end.
    let before = std::time::Instant::now();
    while children() > 17 {
        assert!(before.elapsed() < std::time::Duration::from_secs(20), "{} children", children());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(children() > 1, "they are processes of their own");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_16_settings_that_only_the_service_itself_refuses_are_refused() {
    let booth = Booth::with("erp-sync").await;
    booth.subscribe().await;
    // Each is within its schema; together they make no window.
    let settings = json!({ "settings": { "window_from": 60, "window_until": 60 } });
    let answer = booth.call_as(&booth.crew.owner, "configureService", settings, "service { id }").await;
    assert_eq!(answer.user_error("configureService"), "SETTINGS_REFUSED", "{answer:?}");
    booth.configure(None, json!({ "window_from": 60, "window_until": 61 })).await;
    assert_eq!(booth.service().await["settings"][0]["values"], json!({ "window_from": 60, "window_until": 61 }));
    booth.stop().await;
}
