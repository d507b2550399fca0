//! h09: what a relative orders in the payer's own shop is not paid with the payer's money: it would make cash of a credit card.

use serde_json::json;

use crate::support::intimate::{Home, PAYMENT_PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn r0_8_a_relative_does_not_pay_the_payers_own_shop() {
    let home = Home::open("500").await;
    let (app, daughter, father) = (&home.app, &home.daughter, &home.father);
    let card = app.card(daughter, "4242424242424242").await;
    app.methods(daughter, &home.relation, &[&card]).await;
    // Asked for while it was somebody else's: what counts is whose the shop is when it is paid.
    let dear = home.order("600.00", "books").await;
    let asked = app.ask_to_pay(father, &home.relation, &dear).await.data();
    let request = asked["askToPay"]["request"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let own = app.shop(daughter).await;
    let wallet = app.card(father, "4242424242424242").await;
    for price in ["10.00", "900.00"] {
        let item = app.item(daughter, &own, price).await;
        let order = app.unpaid_order(father, &own, &item, 1).await;
        let paid = app.pay_intimately(father, &home.relation, &order, &order, PAYMENT_PASSWORD).await;
        assert_eq!(paid.user_error("payWithIntimatePay"), "PAYS_ONESELF", "{price}");
        let asked = app.ask_to_pay(father, &home.relation, &order).await;
        assert_eq!(asked.user_error("askToPay"), "PAYS_ONESELF", "{price}: asking does not help");
        // He may buy there with money of his own.
        assert_eq!(app.pay(father, &order, &[&wallet]).await.user_error("payOrder"), "", "{price}");
    }
    let (shop, account) = (uuid(&home.shop), uuid(&daughter.id));
    app.sql(&format!("UPDATE shops SET main_account_id = '{account}' WHERE id = '{shop}'")).await;
    let approved = app.approve_request(daughter, &request).await;
    assert_eq!(approved.user_error("approvePayRequest"), "PAYS_ONESELF");
    assert_eq!(home.used().await, "0.00");
    assert_eq!(app.newest_payment(daughter).await, json!(null), "nothing was begun");
    home.close().await;
}

fn uuid(id: &str) -> uuid::Uuid {
    use kith::kernel::ids::{AccountId, ShopId, TypedId as _};
    id.parse::<ShopId>().map(|id| id.uuid()).or_else(|_| id.parse::<AccountId>().map(|id| id.uuid())).unwrap()
}
