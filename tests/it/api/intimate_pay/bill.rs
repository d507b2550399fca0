//! Requirement 0.11: the monthly bill, as figures, CSV and a picture.

use serde_json::json;

use crate::support::intimate::Home;

#[tokio::test(flavor = "multi_thread")]
async fn r0_11_the_monthly_bill_has_figures_csv_and_a_picture() {
    let home = Home::open("1000").await;
    home.app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
    let order = home.order("300.00", "books").await;
    home.pay(&order).await.data();
    home.buy("50.00", "groceries").await.data();
    home.buy("25.00", "groceries").await.data();
    home.app.refund_all(&home.seller, &home.father, &order, "100.00").await;
    home.app.clock.set("2026-12-05T04:00:00Z".parse().unwrap());
    home.buy("7.00", "books").await.data();
    let select = "bill(month: \"2026-11\") { month spent { amount } givenBack { amount }
        byCategory { category purchases spent { amount } givenBack { amount } } csv picture }";
    for who in [&home.daughter, &home.father] {
        let bill = home.seen(who, select).await["bill"].clone();
        assert_eq!((&bill["spent"]["amount"], &bill["givenBack"]["amount"]), (&json!("375.00"), &json!("100.00")));
        let books = json!({ "category": "books", "purchases": 1, "spent": { "amount": "300.00" }, "givenBack": { "amount": "100.00" } });
        assert_eq!(bill["byCategory"][0], books, "the largest first");
        assert_eq!(bill["byCategory"][1]["spent"]["amount"], "75.00");
        let csv = bill["csv"].as_str().unwrap();
        assert_eq!(csv.lines().count(), 4, "a head and three purchases: {csv}");
        assert!(csv.contains("books") && csv.contains(&order) && csv.contains(",300.00,100.00,CNY"), "{csv}");
        let picture = bill["picture"].as_str().unwrap();
        assert!(picture.starts_with("<svg ") && picture.contains("¥200.00") && picture.contains("groceries"));
    }
    let now = home.seen(&home.daughter, "bill { month spent { amount } }").await;
    assert_eq!(now["bill"], json!({ "month": "2026-12", "spent": { "amount": "7.00" } }), "this month without asking");
    let listed = home.seen(&home.daughter, "purchases(month: \"2026-11\") { edges { node { month } } }").await;
    assert_eq!(listed["purchases"]["edges"].as_array().unwrap().len(), 3);
    let query = "query($id: ID!) { node(id: $id) { ... on IntimatePay { bill(month: \"11/2026\") { month } } } }";
    let bad = home.app.run(Some(&home.daughter.token), query, json!({ "id": home.relation })).await;
    assert_eq!(bad.code(), "BAD_USER_INPUT");
    home.close().await;
}
