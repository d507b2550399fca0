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
        assert!(picture.contains("2026-11 · ¥275.00"), "the headline has what came back taken off as well: {picture}");
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

/// However many purchases a month has: each is a line, all are in the sums, and the picture shows the largest.
#[tokio::test(flavor = "multi_thread")]
async fn r0_11_a_bill_of_many_thousand_purchases_leaves_none_out() {
    let home = Home::open("1000").await;
    home.app
        .sql(
            "INSERT INTO intimate_uses (payer_account_id, id, relation_id, seq, beneficiary_account_id, payment_id, order_id,
                 shop_id, title, category, amount_minor, given_back_minor, currency, counted, month, state, at)
             SELECT p.payer_account_id, gen_random_uuid(), p.id, n, p.beneficiary_account_id, gen_random_uuid(),
                 gen_random_uuid(), gen_random_uuid(), 'Lamp ' || n, 'c' || n % 120, 100 + n % 120,
                 CASE WHEN n % 3 = 0 AND n % 7 > 0 THEN 1 ELSE 0 END, 'CNY', 'REQUEST', '2026-11-01',
                 CASE WHEN n % 7 = 0 THEN 'FAILED' ELSE 'PAID' END, '2026-11-02T04:00:00Z'
             FROM intimate_pays p, generate_series(1, 6001) n",
        )
        .await;
    let paid = || (1..=6001_i64).filter(|n| n % 7 != 0);
    let spent: i64 = paid().map(|n| 100 + n % 120).sum();
    let back = paid().filter(|n| n % 3 == 0).count();
    let select = "bill(month: \"2026-11\") { spent { amount } givenBack { amount }
        byCategory { category purchases } csv picture }";
    let bill = home.seen(&home.daughter, select).await["bill"].clone();
    assert_eq!(bill["spent"]["amount"], format!("{}.{:02}", spent / 100, spent % 100));
    assert_eq!(bill["givenBack"]["amount"], format!("{}.{:02}", back / 100, back % 100));
    let shares = bill["byCategory"].as_array().unwrap();
    assert_eq!(shares.len(), 100, "the largest hundred of 120");
    assert_eq!(shares[0]["purchases"], paid().filter(|n| format!("c{}", n % 120) == shares[0]["category"]).count());
    let csv = bill["csv"].as_str().unwrap();
    let lines: std::collections::HashSet<&str> = csv.lines().skip(1).collect();
    assert_eq!((csv.lines().count(), lines.len()), (6_002, 6_001), "a head, and each once, those that failed too");
    let sums = lines.iter().filter(|line| !line.contains(",FAILED,")).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells[7].replace('.', "").parse::<i64>().unwrap()
    });
    assert_eq!(sums.sum::<i64>(), spent, "the lines add up to the sum");
    let picture = bill["picture"].as_str().unwrap();
    assert_eq!(picture.matches("rx=\"3\"").count(), 10, "nine categories and the rest");
    home.app.stop().await;
}
