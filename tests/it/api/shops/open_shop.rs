//! `openShop`.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_holds_everything_in_the_new_shop() {
    let market = Market::open("1.00").await;
    let (name, phone) = market.app.certify(&market.buyer).await;
    market.app.bind_by_hand(&market.buyer, &phone).await;
    let input = json!({
        "name": "Bright 灯店", "currency": "JPY", "timeZone": "Asia/Tokyo", "ownerName": name, "ownerPhone": phone,
    });
    let answer = market.call(&market.buyer, "openShop", input, "shopId").await;
    let shop = answer.0["data"]["openShop"]["shopId"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    let query = "query($shop: ID!) {
        shop(id: $shop) { name currency timeZone positions { kind } refunds { edges { cursor } } }
        viewer { seats { shopId isMainAccount permissions } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "shop": shop })).await;
    assert_eq!(seen["shop"]["name"], "Bright 灯店");
    assert_eq!((&seen["shop"]["currency"], &seen["shop"]["timeZone"]), (&json!("JPY"), &json!("Asia/Tokyo")));
    assert!(seen["shop"]["positions"].as_array().unwrap().len() >= 5, "the default positions of 4.2: {seen}");
    let seat = &seen["viewer"]["seats"][0];
    assert_eq!(seat["shopId"], json!(shop));
    assert!(seat["permissions"].as_array().unwrap().contains(&json!("permission.grant")));
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_time_zones_that_are_none_are_refused() {
    let market = Market::open("1.00").await;
    for name in ["", "  ", "a\u{0}b", "a\nb", "\u{202e}evil", &"名".repeat(50_000)] {
        let answer = market
            .call(&market.buyer, "openShop", json!({ "name": name, "ownerName": "x", "ownerPhone": "x" }), "shopId")
            .await;
        assert_eq!(answer.user_error("openShop"), "NAME_INVALID", "{name:.20?}");
    }
    for zone in ["", "Mars/Olympus", "../etc/passwd"] {
        let input = json!({ "name": "Shop", "timeZone": zone, "ownerName": "x", "ownerPhone": "x" });
        let answer = market.call(&market.buyer, "openShop", input, "shopId").await;
        assert_eq!(answer.user_error("openShop"), "UNKNOWN_TIME_ZONE", "{zone}");
    }
    let seats = market.app.ok(&market.buyer, "{ viewer { seats { shopId } } }", json!({})).await;
    assert_eq!(seats["viewer"]["seats"], json!([]), "nothing was opened");
    market.close().await;
}
