//! A shop that has as many sub-accounts as it may (`staff.most_sub_accounts`).

use futures_util::future::join_all;
use kith::kernel::ids::{ShopId, TypedId as _};
use serde_json::json;

use super::crew::Crew;
use super::invite_manager::invite;
use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::pg::PgServer;

async fn restore(crew: &Crew, who: &str, password: Option<&str>) -> Answer {
    let input = json!({ "subAccountId": who, "password": password });
    crew.call(&crew.owner, "restoreSubAccount", input, "subAccount { id state }").await
}

async fn depart(crew: &Crew, who: &str) {
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": who }), "subAccount { id }").await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_4_nobody_comes_or_comes_back_into_a_full_shop() {
    let crew = Crew::on(TestApp::start_with(|env| env.staff.most_sub_accounts = 3).await).await;
    let other = crew.position("OTHER");
    let new = async |name: &str| crew.create(&crew.owner, name, &other).await.user_error("createSubAccount").to_owned();
    let (first, second) = (crew.hire("first", "OTHER").await, crew.hire("second", "OTHER").await);
    let (manager, another) = (crew.app.account("manager").await, crew.app.account("another").await);
    let asked = invite(&crew, &crew.owner, &manager.login, "mo", "OTHER").await.data();
    let seat = asked["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    // Two who work there, and one who was asked.
    assert_eq!(new("fourth").await, "SHOP_FULL");
    let answer = invite(&crew, &crew.owner, &another.login, "ma", "OTHER").await;
    assert_eq!(answer.user_error("inviteManager"), "SHOP_FULL");
    assert!(
        answer.0["data"]["inviteManager"]["userErrors"][0]["message"].as_str().unwrap().contains("has 3 sub-accounts")
    );
    let input = json!({ "invitationId": seat });
    let accepted = crew.call(&manager, "acceptManagerInvitation", input, "invitation { state }").await.data();
    assert_eq!(accepted["acceptManagerInvitation"]["invitation"]["state"], "ACTIVE", "whoever was asked has a place");
    // A place that is free is given once, whichever way somebody comes in.
    depart(&crew, &first.id).await;
    assert_eq!(new("fourth").await, "");
    assert_eq!(restore(&crew, &first.id, Some(PASSWORD)).await.user_error("restoreSubAccount"), "SHOP_FULL");
    depart(&crew, &seat).await;
    assert_eq!(restore(&crew, &first.id, Some(PASSWORD)).await.user_error("restoreSubAccount"), "");
    assert_eq!(restore(&crew, &seat, None).await.user_error("restoreSubAccount"), "SHOP_FULL", "asking again as well");
    assert_eq!(new("fifth").await, "SHOP_FULL");
    depart(&crew, &second.id).await;
    assert_eq!(restore(&crew, &seat, None).await.user_error("restoreSubAccount"), "");
    assert_eq!(new("fifth").await, "SHOP_FULL", "whoever is asked holds a place");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_4_on_a_server_the_last_place_is_given_once() {
    let postgres = PgServer::start().await;
    let crew = Crew::on(TestApp::start_on(&postgres.fresh_database().await, 8).await).await;
    let gone = crew.hire("gone", "OTHER").await;
    depart(&crew, &gone.id).await;
    // 1,999 of the 2,000 that the configuration allows.
    crew.app
        .sql(&format!(
            "INSERT INTO sub_accounts (shop_id, id, name, name_key, display_name, position_id, state, created_at)
             SELECT shop_id, ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'a' || n, 'a' || n, 'a' || n,
                 position_id, 'ACTIVE', created_at
             FROM sub_accounts, generate_series(1, 1999) n WHERE shop_id = '{}'",
            crew.shop.parse::<ShopId>().unwrap().uuid()
        ))
        .await;
    let other = crew.position("OTHER");
    let names: Vec<String> = (0..4).map(|n| format!("new{n}")).collect();
    let created = join_all(names.iter().map(|name| crew.create(&crew.owner, name, &other)));
    let (created, restored) = tokio::join!(created, restore(&crew, &gone.id, Some(PASSWORD)));
    let mut said: Vec<&str> = created.iter().map(|answer| answer.user_error("createSubAccount")).collect();
    said.push(restored.user_error("restoreSubAccount"));
    said.sort_unstable();
    assert_eq!(said, ["", "SHOP_FULL", "SHOP_FULL", "SHOP_FULL", "SHOP_FULL"], "{created:?} {restored:?}");
    crew.app.verified().await;
    crew.stop().await;
}
