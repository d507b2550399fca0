//! What makes two accounts possibly associated, and what the owner sees of it.

use chrono::TimeDelta;
use serde_json::json;

use super::{CONTEST, POSSIBLE, address, device, kinds, log_in_on, log_out, possible, uuid};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn r1_2_the_same_device_and_the_same_ip_address() {
    let app = TestApp::start().await;
    let (one, two, three) = (app.account("one").await, app.account("two").await, app.account("three").await);
    assert_eq!(possible(&app, &one).await, Vec::<serde_json::Value>::new());
    app.come_from("203.0.113.7");
    let phone = device();
    log_out(&app, &log_in_on(&app, &one, &phone).await).await;
    log_out(&app, &log_in_on(&app, &three, &device()).await).await;
    let network_only = possible(&app, &one).await;
    assert!(network_only.is_empty(), "a network alone is no evidence: {network_only:?}");
    log_out(&app, &log_in_on(&app, &two, &phone).await).await;
    let found = possible(&app, &one).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(kinds(&found[0]), ["DEVICE", "IP"]);
    // The device says 60 percent; the network, which three share, half of 15.
    assert_eq!(found[0]["score"], json!(0.63));
    let back = possible(&app, &two).await;
    assert_eq!(kinds(&back[0]), ["DEVICE", "IP"], "both sides see it");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_2_logged_in_at_once_on_one_device() {
    let app = TestApp::start().await;
    let (one, two, three) = (app.account("one").await, app.account("two").await, app.account("three").await);
    let tablet = device();
    let first = log_in_on(&app, &one, &tablet).await;
    log_in_on(&app, &two, &tablet).await;
    assert_eq!(kinds(&possible(&app, &one).await[0]), ["DEVICE", "TOGETHER"]);
    // Whoever comes when the others have left was not there with them.
    log_out(&app, &first).await;
    app.sql(&format!("UPDATE sessions SET ended_at = created_at WHERE account_id = '{}'", uuid(&two))).await;
    app.clock.advance(TimeDelta::minutes(1));
    log_in_on(&app, &three, &tablet).await;
    let of_three = possible(&app, &three).await;
    assert_eq!(of_three.len(), 2, "{of_three:?}");
    assert!(of_three.iter().all(|one| kinds(one) == ["DEVICE"]), "{of_three:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_3_the_same_phone_and_e_mail_one_after_the_other() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    let phone = "+8613812345634";
    let bound = app.bind_phone(&one, phone).await;
    let change =
        "mutation($id: ID!, $p: String!, $c: String!) { changePhone(input: { contactId: $id, phone: $p, code: $c }) {
        userErrors { code } } }";
    app.step_up(&one).await;
    app.ok(
        &one,
        "mutation { sendPhoneCode(input: { phone: \"+8613900000001\", purpose: CHANGE }) { codeId } }",
        json!({}),
    )
    .await;
    let code = app.code_to("+8613900000001").await;
    let changed = app.ok(&one, change, json!({ "id": bound, "p": "+8613900000001", "c": code })).await;
    assert_eq!(changed["changePhone"]["userErrors"], json!([]));
    // Of two messages that go out together none is the newer.
    app.deliver().await;
    app.clock.advance(TimeDelta::minutes(1));
    app.bind_phone(&two, phone).await;
    let found = possible(&app, &two).await;
    assert_eq!((found.len(), kinds(&found[0])), (1, vec!["PHONE"]), "{found:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_3_the_same_real_name_once_it_is_certified() {
    let app = TestApp::start().await;
    let (one, two, three) = (app.account("one").await, app.account("two").await, app.account("three").await);
    let certify = "mutation($input: CertifyByDocumentInput!) { certifyByDocument(input: $input) {
        certification { realName { state } } userErrors { code } } }";
    for (who, phone, number, name, state) in [
        (&one, "+8613812345634", "11010519491231002X", "Han Meimei", "PASSED"),
        (&two, "+8613912345678", "110101199003077125", "HAN MEI-MEI", "PASSED"),
        // What is only said does not count.
        (&three, "+8613712345678", "H6543210", "Han Meimei", "WAITING"),
    ] {
        app.bind_phone(who, phone).await;
        let region = if number.starts_with('H') { "HONG_KONG" } else { "MAINLAND" };
        let input = json!({ "region": region, "number": number, "name": name });
        let said = app.ok(who, certify, json!({ "input": input })).await["certifyByDocument"].clone();
        assert_eq!(said["certification"]["realName"]["state"], state, "{said}");
    }
    let found = possible(&app, &one).await;
    assert_eq!((found.len(), kinds(&found[0]), &found[0]["score"]), (1, vec!["REAL_NAME"], &json!(0.3)), "{found:?}");
    assert!(possible(&app, &three).await.is_empty());
    // The hash is that of no other use: the table that finds identities and this one tell nothing about each other.
    let dump = app.dump().await;
    assert!(!dump.to_lowercase().contains("meimei"), "the name stands nowhere in the clear");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_4_an_order_is_delivered_to_an_own_address_which_is_a_signal_again() {
    let app = TestApp::start().await;
    let (one, two, seller) = (app.account("one").await, app.account("two").await, app.account("aurora").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "10.00").await;
    let own = address(&app, &one, "浙江省 杭州市 西湖区", "文三路478号3号楼502室", "13812345634").await;
    let foreign = address(&app, &two, "浙江杭州西湖", "文三路478-3-502", "13900000001").await;
    let place = "mutation($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input) @idempotent(key: $key) {
        order { id delivery { recipient maskedPhone region street } } userErrors { code } } }";
    let input = |address: &str| json!({ "shopId": shop, "itemId": item, "addressId": address });
    let missing = app.run(Some(&one.token), place, json!({ "input": input(&foreign), "key": "k-1" })).await;
    assert_eq!(missing.code(), "NOT_FOUND", "another's address does not exist");
    // The signal of the address fades, and is fresh again with an order to it.
    let score = async |app: &TestApp| possible(app, &one).await.first().map(|found| found["score"].clone());
    assert_eq!(score(&app).await, Some(json!(0.5)));
    app.clock.advance(TimeDelta::days(180));
    let one = crate::support::app::Persona { token: app.log_in(&one.login).await, ..one.clone() };
    let two = crate::support::app::Persona { token: app.log_in(&two.login).await, ..two };
    assert_eq!(possible(&app, &one).await[0]["score"], json!(0.25));
    for (who, address, key) in [(&one, &own, "k-2"), (&two, &foreign, "k-3")] {
        let placed = app.ok(who, place, json!({ "input": input(address), "key": key })).await["placeOrder"].clone();
        assert_eq!(placed["order"]["delivery"]["recipient"], "韩梅梅", "{placed}");
    }
    assert_eq!(possible(&app, &one).await[0]["score"], json!(0.5), "seen again");

    // Where it goes is what was said then, and for buyer and shop only.
    let delete = "mutation($id: ID!) { removeDeliveryAddress(input: { addressId: $id }) { userErrors { code } } }";
    app.ok(&one, delete, json!({ "id": own })).await;
    let orders = "orders { edges { node { buyer { id } delivery { recipient maskedPhone street } } } }";
    let bought = app.ok(&one, &format!("{{ viewer {{ {orders} }} }}"), json!({})).await;
    let delivery = &bought["viewer"]["orders"]["edges"][0]["node"]["delivery"];
    assert_eq!(delivery["street"], "文三路478号3号楼502室", "{bought}");
    assert_eq!(delivery["maskedPhone"], "+86138******34");
    let seller = crate::support::app::Persona { token: app.log_in(&seller.login).await, ..seller };
    let sold = app.ok(&seller, &format!("{{ shop {{ {orders} }} }}"), json!({})).await;
    assert!(sold["shop"]["orders"]["edges"].as_array().unwrap().iter().all(|e| e["node"]["delivery"].is_object()));
    let dump = app.dump().await;
    assert!(!dump.contains("文三路") && !dump.contains("韩梅梅"), "places are sealed");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_4_the_same_delivery_address_however_it_is_written() {
    let app = TestApp::start().await;
    let (one, two, three) = (app.account("one").await, app.account("two").await, app.account("three").await);
    address(&app, &one, "浙江省 杭州市 西湖区", "文三路478号3号楼502室", "13812345634").await;
    address(&app, &two, "浙江杭州西湖", "文三路４７８－３－５０２", "13900000001").await;
    address(&app, &three, "浙江省 杭州市 西湖区", "文三路478号3号楼503室", "13900000002").await;
    let found = possible(&app, &one).await;
    assert_eq!((found.len(), kinds(&found[0]), &found[0]["score"]), (1, vec!["ADDRESS"], &json!(0.5)), "{found:?}");
    assert!(possible(&app, &three).await.is_empty());
    // Who takes parcels in at one number belongs together too (requirement 1.3).
    address(&app, &three, "上海市", "南京路1号", "+86 138-1234-5634").await;
    let found = possible(&app, &three).await;
    assert_eq!((found.len(), kinds(&found[0])), (1, vec!["PHONE"]), "{found:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_5_signals_fade_with_age_and_nothing_is_merged_or_blocked() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    address(&app, &one, "浙江省", "文三路1号", "13812345634").await;
    address(&app, &two, "浙江省", "文三路1号", "13900000001").await;
    let score = |found: &[serde_json::Value]| found.first().map_or(0.0, |f| f["score"].as_f64().unwrap());
    assert!((score(&possible(&app, &one).await) - 0.5).abs() < 1e-9);
    app.clock.advance(TimeDelta::days(180));
    let one = crate::support::app::Persona { token: app.log_in(&one.login).await, ..one };
    assert!((score(&possible(&app, &one).await) - 0.25).abs() < 1e-9, "half after its half-life");
    app.clock.advance(TimeDelta::days(180));
    let one = crate::support::app::Persona { token: app.log_in(&one.login).await, ..one };
    assert!(possible(&app, &one).await.is_empty(), "below what is told");
    // Both do as before.
    let two = crate::support::app::Persona { token: app.log_in(&two.login).await, ..two };
    app.shop(&one).await;
    app.shop(&two).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_5_a_contested_signal_counts_for_neither_side() {
    let app = TestApp::start().await;
    let (one, two, stranger) = (app.account("one").await, app.account("two").await, app.account("stranger").await);
    address(&app, &one, "浙江省", "文三路1号", "13812345634").await;
    address(&app, &two, "浙江省", "文三路1号", "13900000001").await;
    let found = possible(&app, &one).await;
    let signal = found[0]["evidence"][0]["signalId"].clone();
    let ask = async |who, id: &serde_json::Value, why: &str| {
        app.run(Some(who), CONTEST, json!({ "id": id, "why": why })).await
    };
    assert_eq!(ask(&two.token, &signal, "not mine").await.code(), "NOT_FOUND", "another's signal");
    assert_eq!(ask(&stranger.token, &json!("asig_01h455vb4pex5vsknk084sn02q"), "x").await.code(), "NOT_FOUND");
    assert_eq!(ask(&one.token, &signal, " ").await.user_error("contestAssociationSignal"), "REASON_INVALID");
    let done = ask(&one.token, &signal, "We were neighbours once.").await.data();
    assert!(done["contestAssociationSignal"]["signal"]["contestedAt"].is_string(), "{done}");
    assert_eq!(ask(&one.token, &signal, "again").await.user_error("contestAssociationSignal"), "ALREADY_CONTESTED");
    assert!(possible(&app, &one).await.is_empty() && possible(&app, &two).await.is_empty());
    let list =
        app.ok(&one, "{ viewer { associationSignals { id kind sharedBy contestedAt upheld } } }", json!({})).await;
    let row = list["viewer"]["associationSignals"].as_array().unwrap().iter().find(|row| row["id"] == signal).unwrap();
    assert_eq!((row["kind"].clone(), row["sharedBy"].clone()), (json!("ADDRESS"), json!(2)));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_5_other_peoples_values_are_never_shown_and_stored_signals_are_keyed_hashes() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    app.come_from("203.0.113.77");
    let token = device();
    log_in_on(&app, &one, &token).await;
    log_in_on(&app, &two, &token).await;
    address(&app, &one, "浙江省", "文三路478号", "13812345634").await;
    address(&app, &two, "浙江省", "文三路478号", "13812345634").await;
    app.deliver().await;
    for locale in [kith::kernel::Locale::En, kith::kernel::Locale::ZhCn] {
        let said = app.run_in(Some(&one.token), POSSIBLE, json!({}), locale).await.0.to_string();
        assert!(said.contains("ADDRESS") && said.contains("DEVICE"), "{said}");
        for hidden in [two.id.as_str(), two.login.as_str(), "203.0.113", token.as_str(), "文三路", "1381234", "韩梅梅"]
        {
            assert!(!said.contains(hidden), "{hidden} in {said}");
        }
    }
    let rows = app.dump().await;
    let hexed = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    for canary in [token.as_str(), "文三路478", "13812345634", "韩梅梅"] {
        assert!(!rows.contains(canary) && !rows.contains(&hexed(canary)), "{canary} stands in the database");
    }
    // The address of a session is its owner's to see; in a signal it is a hash.
    assert!(!rows.lines().any(|line| line.contains("203.0.113.77") && line.contains(",IP,")));
    // The same value has another hash for another kind of signal.
    let keys = &app.door.env.keys;
    assert_ne!(
        keys.hash("association.phone", &[b"+8613812345634"]),
        keys.hash("association.email", &[b"+8613812345634"])
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_very_many_have_says_nothing_and_is_not_followed() {
    let app = TestApp::start().await;
    let one = app.account("one").await;
    address(&app, &one, "浙江省", "某某大学1号", "13812345634").await;
    app.deliver().await;
    let most = app.door.env.association.max_degree;
    // Others at the same place: one short of the limit, then one more.
    for at in 1..most {
        app.sql(&format!(
            "WITH a AS (INSERT INTO accounts (id, login, kind, display_name, password_hash, state, time_zone, created_at)
                VALUES (gen_random_uuid(), 'crowd{at}', 'PERSON', 'x', '', 'ACTIVE', 'UTC', now()) RETURNING id),
             v AS (SELECT value_key FROM association_signals WHERE kind = 'ADDRESS' LIMIT 1),
             s AS (INSERT INTO association_signals (account_id, value_key, id, kind, first_seen_at, last_seen_at)
                SELECT a.id, v.value_key, gen_random_uuid(), 'ADDRESS', '{0}', '{0}' FROM a, v RETURNING value_key)
             UPDATE association_degrees d SET degree = degree + 1 FROM s WHERE s.value_key = d.value_key",
            app.now()
        ))
        .await;
    }
    let list = "{ viewer { associationSignals { kind sharedBy } possibleAssociations { score } } }";
    let shared = app.ok(&one, list, json!({})).await;
    let row = &shared["viewer"]["associationSignals"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["kind"] == "ADDRESS")
        .unwrap()
        .clone();
    assert_eq!(row["sharedBy"], json!(most));
    assert_eq!(shared["viewer"]["possibleAssociations"], json!([]), "a fiftieth of the weight each");
    app.sql("UPDATE association_degrees SET degree = 2").await;
    let counted = app.ok(&one, list, json!({})).await["viewer"]["possibleAssociations"].as_array().unwrap().len();
    assert_eq!(counted, usize::try_from(most - 1).unwrap(), "if they were not counted, all of them would be told");
    app.sql(&format!("UPDATE association_degrees SET degree = {}", most + 1)).await;
    assert_eq!(app.ok(&one, list, json!({})).await["viewer"]["possibleAssociations"], json!([]));
    app.stop().await;
}
