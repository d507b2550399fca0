//! `createPosition`, and the positions that every shop starts with.

use serde_json::json;

use super::crew::{Crew, codes, positions};
use kith::kernel::Locale;

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_a_shop_starts_with_five_positions_some_permissions_locked() {
    let crew = Crew::start().await;
    let all = positions(&crew.app, &crew.owner, &crew.shop).await;
    let all = all.as_array().unwrap();
    let mut kinds: Vec<_> = all.iter().map(|p| p["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "SUPERVISOR", "supervisors stand above the others");
    kinds.sort_unstable();
    assert_eq!(kinds, ["CUSTOMER_SERVICE", "FINANCE", "OPERATIONS", "OTHER", "SUPERVISOR"]);
    for position in all {
        let permissions = position["permissions"].as_array().unwrap();
        assert!(permissions.iter().any(|p| p["locked"] == true), "{position}");
        // Requirement 4.14: the high-risk ones are in no default.
        for risky in ["item.delete", "item.price.update", "funds.read", "funds.withdraw"] {
            assert!(!codes(&position["permissions"]).contains(&risky.to_owned()), "{position}");
        }
    }
    let query = "query($id: ID!) { shop(id: $id) { positions { name } } }";
    let shop = json!({ "id": crew.shop });
    let english = crew.app.run_in(Some(&crew.owner.token), query, shop.clone(), Locale::En).await.data();
    let chinese = crew.app.run_in(Some(&crew.owner.token), query, shop, Locale::ZhCn).await.data();
    assert_eq!(english["shop"]["positions"][0]["name"], "Supervisor");
    assert_eq!(chinese["shop"]["positions"][0]["name"], "主管");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_positions_are_added_with_what_they_may_hold() {
    let crew = Crew::start().await;
    let id = crew.add_position("Night shift", 20, &["refund.read", "refund.approve"]).await;
    let agent = crew.hire_into("agent", &id).await;
    assert_eq!(crew.held(&agent).await, ["refund.read", "refund.approve"]);
    for (name, rank, codes, wanted) in [
        ("night SHIFT", 20, vec![], "NAME_TAKEN"),
        ("客服", 20, vec![], "NAME_TAKEN"),
        ("customer service", 20, vec![], "NAME_TAKEN"),
        ("Day", 0, vec![], "RANK_INVALID"),
        ("Day", 100, vec![], "RANK_INVALID"),
        ("Day", 20, vec!["funds.withdraw"], "HIGH_RISK"),
        ("Day", 20, vec!["bought_items.read"], "MAIN_ACCOUNT_ONLY"),
        ("Day", 20, vec!["platform.account.disable"], "PLATFORM_ONLY"),
        ("Day", 20, vec!["refund.aprove"], "UNKNOWN_PERMISSION"),
        ("Day", 20, vec!["refund.read"], ""),
    ] {
        let input = json!({ "shopId": crew.shop, "name": name, "rank": rank, "permissions": codes });
        let answer = crew.call(&crew.owner, "createPosition", input, "position { id }").await;
        assert_eq!(answer.user_error("createPosition"), wanted, "{name} {rank} {codes:?}: {answer:?}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_makes_a_position_beyond_their_own() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let attempt = |rank: i32, code: &'static str| {
        let input = json!({ "shopId": crew.shop, "name": "Mine", "rank": rank, "permissions": [code] });
        crew.call(&agent, "createPosition", input, "position { id }")
    };
    assert_eq!(attempt(10, "refund.read").await.code(), "FORBIDDEN");
    crew.grant(&agent, "position.manage", json!(null)).await;
    assert_eq!(attempt(11, "refund.read").await.user_error("createPosition"), "ABOVE_OWN_RANK");
    assert_eq!(attempt(10, "refund.approve").await.user_error("createPosition"), "PERMISSION_NOT_HELD");
    assert_eq!(attempt(10, "refund.read").await.user_error("createPosition"), "");
    crew.stop().await;
}
