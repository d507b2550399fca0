//! Charity items (公益宝贝, requirement 4.14): who sets them, what a sale gives, what refunds take back, what everybody sees.

use kith::domains::payments::ledger::{self, Problem};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::Market;
use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

const OPERATOR: &[&str] = &["platform.charity.manage"];

impl Market {
    /// An organisation that an operator lists.
    async fn organisation(&self, name: &str) -> String {
        let operator = self.app.operator(OPERATOR).await;
        let input = json!({ "name": name, "website": "https://charity.example.org" });
        let done = self.call(&operator, "listCharityOrganisation", input, "organisation { id isListed }").await.data();
        let organisation = &done["listCharityOrganisation"]["organisation"];
        assert_eq!(organisation["isListed"], true, "{done}");
        organisation["id"].as_str().unwrap().to_owned()
    }

    async fn set_charity(&self, who: &Persona, input: Value) -> Answer {
        let select = "item { charity { organisationId shareBasisPoints amount { amount } } }";
        self.call(who, "setCharityItem", input, select).await
    }

    /// The item gives this share to a new organisation.
    async fn gives_share(&self, points: i32) -> String {
        let organisation = self.organisation("Light for Schools").await;
        let input = json!({ "itemId": self.item, "organisationId": organisation, "shareBasisPoints": points });
        assert_eq!(self.set_charity(&self.seller, input).await.user_error("setCharityItem"), "");
        organisation
    }

    /// What everybody sees of an organisation: how much it was given, of how many sales.
    async fn given(&self, organisation: &str) -> (String, i64) {
        let query = "query($o: ID!, $s: ID!) {
            charityOfOrganisation(organisationId: $o) { edges { node { shopId donated { amount } sales } } }
            charityOfShop(shopId: $s) { edges { node { organisationId organisationName donated { amount } sales } } }
            charityOrganisations { edges { node { id given { donated { amount } sales } } } } }";
        // Nobody is logged in.
        let data = self.app.run(None, query, json!({ "o": organisation, "s": self.shop })).await.data();
        let all = data["charityOrganisations"]["edges"].as_array().unwrap();
        let listed = all.iter().map(|edge| &edge["node"]).find(|node| node["id"] == organisation).unwrap();
        let Some(row) = data["charityOfOrganisation"]["edges"].get(0).map(|edge| &edge["node"]) else {
            assert_eq!(listed["given"], json!([]));
            return ("0.00".to_owned(), 0);
        };
        assert_eq!(row["shopId"], self.shop.as_str());
        let shops = data["charityOfShop"]["edges"].as_array().unwrap();
        let own = shops.iter().map(|edge| &edge["node"]).find(|node| node["organisationId"] == organisation).unwrap();
        for other in [own, &listed["given"][0]] {
            assert_eq!((&other["donated"], &other["sales"]), (&row["donated"], &row["sales"]), "{data}");
        }
        (row["donated"]["amount"].as_str().unwrap().to_owned(), row["sales"].as_i64().unwrap())
    }
}

async fn donation(app: &TestApp, buyer: &Persona, order: &str) -> String {
    let query = "query($id: ID!) { node(id: $id) { ... on Order { donation { amount } } } }";
    app.ok(buyer, query, json!({ "id": order })).await["node"]["donation"]["amount"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_charity_items_give_with_the_sale_and_take_back_with_the_refund() {
    let market = Market::open("600.00").await;
    let (app, buyer) = (&market.app, &market.buyer);
    let organisation = market.gives_share(333).await;
    assert_eq!(market.given(&organisation).await, ("0.00".to_owned(), 0));
    let order = app.order(buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.given(&organisation).await, ("19.98".to_owned(), 1));
    // 19.98 × 450 / 600 = 14.985, rounded down.
    for (refund, stands) in [("150.00", "14.98"), ("0.01", "14.98"), ("449.98", "0.00"), ("0.01", "0.00")] {
        let refund = app.refund(buyer, &order, refund).await;
        app.approve(&market.seller, &refund, &refund).await.data();
        assert_eq!(market.given(&organisation).await.0, stands);
        assert_eq!(donation(app, buyer, &order).await, stands);
        app.verified().await;
    }
    assert_eq!(market.given(&organisation).await, ("0.00".to_owned(), 0), "a full refund undoes all of it");
    // An order that waits gives when it is paid; an amount is for each sale, whatever the number of pieces.
    let input = json!({ "itemId": market.item, "organisationId": organisation, "amount": { "amount": "1.50" } });
    market.set_charity(&market.seller, input).await.data();
    let balance = app.balance(buyer, "5000").await;
    let unpaid = app.unpaid_order(buyer, &market.shop, &market.item, 3).await;
    assert_eq!(market.given(&organisation).await, ("0.00".to_owned(), 0));
    app.pay(buyer, &unpaid, &[&balance]).await.data();
    assert_eq!(market.given(&organisation).await, ("1.50".to_owned(), 1));
    // What was ended gives no more; a card pays the order that was placed before, on its terms.
    let card = app.card(buyer, "4242424242424242").await;
    let before = app.unpaid_order(buyer, &market.shop, &market.item, 1).await;
    market.set_charity(&market.seller, json!({ "itemId": market.item })).await.data();
    app.order(buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.given(&organisation).await, ("1.50".to_owned(), 1));
    app.pay(buyer, &before, &[&card]).await.data();
    app.pay_out().await;
    assert_eq!(market.given(&organisation).await, ("3.00".to_owned(), 2));
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_charity_items_are_set_by_who_holds_the_permission() {
    let market = Market::open("100.00").await;
    let (app, shop) = (&market.app, market.shop.as_str());
    let organisation = market.organisation("Reading Rooms").await;
    let input = json!({ "itemId": market.item, "organisationId": organisation, "shareBasisPoints": 100 });
    let (without, with) =
        (app.clerk(shop, "kefu", &["item.read"]).await, app.clerk(shop, "gongyi", &["charity_item.set"]).await);
    assert_eq!(market.set_charity(&without, input.clone()).await.code(), "FORBIDDEN");
    let set = market.set_charity(&with, input.clone()).await.data();
    assert_eq!(set["setCharityItem"]["item"]["charity"]["shareBasisPoints"], 100);
    // h19: an item of another shop is one that does not exist.
    let stranger = app.account("stranger").await;
    app.shop(&stranger).await;
    assert_eq!(market.set_charity(&stranger, input).await.code(), "NOT_FOUND");
    // Only operators say which organisations there are.
    for who in [&market.seller, &with] {
        let answer =
            market.call(who, "listCharityOrganisation", json!({ "name": "Mine" }), "organisation { id }").await;
        assert_eq!(answer.code(), "FORBIDDEN");
        let input = json!({ "organisationId": organisation });
        let answer = market.call(who, "delistCharityOrganisation", input, "organisation { id }").await;
        assert_eq!(answer.code(), "FORBIDDEN");
    }
    // Who was given what is on record.
    let trail = "query($s: ID!, $t: ID!) { auditTrail(shopId: $s, filter: { target: $t, action: \"setCharityItem\" }) {
        edges { node { outcome } } } }";
    let data = app.ok(&market.seller, trail, json!({ "s": shop, "t": market.item })).await;
    let outcomes: Vec<&str> = data["auditTrail"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["node"]["outcome"].as_str().unwrap())
        .collect();
    assert!(outcomes.contains(&"DONE"), "{data}");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_what_cannot_be_given_is_refused() {
    let market = Market::open("100.00").await;
    let organisation = market.organisation("Clean Rivers").await;
    for (input, code) in [
        (json!({ "organisationId": organisation }), "SHARE_OR_AMOUNT"),
        (json!({ "shareBasisPoints": 100 }), "SHARE_OR_AMOUNT"),
        (
            json!({ "organisationId": organisation, "shareBasisPoints": 1, "amount": { "amount": "1" } }),
            "SHARE_OR_AMOUNT",
        ),
        (json!({ "organisationId": organisation, "shareBasisPoints": 0 }), "SHARE_INVALID"),
        (json!({ "organisationId": organisation, "shareBasisPoints": -1 }), "SHARE_INVALID"),
        (json!({ "organisationId": organisation, "shareBasisPoints": 10_001 }), "SHARE_INVALID"),
        (json!({ "organisationId": organisation, "amount": { "amount": "0" } }), "INVALID_AMOUNT"),
        (json!({ "organisationId": organisation, "amount": { "amount": "0.001" } }), "INVALID_AMOUNT"),
        (json!({ "organisationId": organisation, "amount": { "amount": "1", "currency": "USD" } }), "INVALID_AMOUNT"),
        (json!({ "organisationId": organisation, "amount": { "amount": "100.01" } }), "ABOVE_PRICE"),
        (
            json!({ "organisationId": "org_01h455vb4pex5vsknk084sn02q", "shareBasisPoints": 100 }),
            "ORGANISATION_UNKNOWN",
        ),
    ] {
        let mut wanted = input.clone();
        wanted["itemId"] = json!(market.item);
        assert_eq!(market.set_charity(&market.seller, wanted).await.user_error("setCharityItem"), code, "{input}");
    }
    // A price that fell below the amount: the sale gives all of itself, and no more.
    let input = json!({ "itemId": market.item, "organisationId": organisation, "amount": { "amount": "100" } });
    market.set_charity(&market.seller, input.clone()).await.data();
    let price = json!({ "itemId": market.item, "price": { "amount": "60" } });
    market.call(&market.seller, "updateItemPrice", price, "item { id }").await.data();
    market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.given(&organisation).await, ("60.00".to_owned(), 1));
    // Off the list: later sales give nothing, and it cannot be chosen; what was given stays.
    let operator = market.app.operator(OPERATOR).await;
    let delist = json!({ "organisationId": organisation });
    market.call(&operator, "delistCharityOrganisation", delist.clone(), "organisation { isListed }").await.data();
    let again = market.call(&operator, "delistCharityOrganisation", delist, "organisation { isListed }").await;
    assert_eq!(again.code(), "NOT_FOUND");
    market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.given(&organisation).await, ("60.00".to_owned(), 1));
    let input = json!({ "itemId": market.item, "organisationId": organisation, "amount": { "amount": "50" } });
    assert_eq!(market.set_charity(&market.seller, input).await.user_error("setCharityItem"), "ORGANISATION_UNKNOWN");
    for (name, website, code) in [
        ("", None, "NAME_INVALID"),
        ("a\u{202e}b", None, "NAME_INVALID"),
        ("Clean Rivers", None, "NAME_TAKEN"),
        ("Other", Some("http://x.org"), "WEBSITE_INVALID"),
        ("Other", Some("javascript:alert(1)"), "WEBSITE_INVALID"),
    ] {
        let input = json!({ "name": name, "website": website });
        let answer = market.call(&operator, "listCharityOrganisation", input, "organisation { id }").await;
        assert_eq!(answer.user_error("listCharityOrganisation"), code, "{name:?} {website:?}");
    }
    market.close().await;
}

/// Whatever is sold and refunded in whatever parts, settled in between or not: what stands is what the rule says.
#[tokio::test(flavor = "multi_thread")]
async fn donations_add_up_to_what_the_rule_says() {
    let market = Market::open("9.97").await;
    let app = &market.app;
    let organisation = market.organisation("Seeds").await;
    let mut random = rand::rngs::StdRng::seed_from_u64(2_026);
    let mut wanted = 0_i128;
    for round in 0..12 {
        let pieces = random.random_range(1..=5);
        let total = 997 * i128::from(pieces);
        let (terms, gift) = if round % 2 == 0 {
            let points = random.random_range(1..=10_000);
            (json!({ "shareBasisPoints": points }), total * i128::from(points) / 10_000)
        } else {
            let minor = random.random_range(1..=997);
            (json!({ "amount": { "amount": format!("{}.{:02}", minor / 100, minor % 100) } }), i128::from(minor))
        };
        let mut input = terms;
        (input["itemId"], input["organisationId"]) = (json!(market.item), json!(organisation));
        assert_eq!(market.set_charity(&market.seller, input).await.user_error("setCharityItem"), "");
        let order = app.order(&market.buyer, &market.shop, &market.item, pieces).await;
        let mut refunded = 0;
        for step in 0..random.random_range(0..4) {
            let left = total - refunded;
            if left == 0 {
                break;
            }
            if round % 3 == 0 && step == 1 {
                let confirmed =
                    market.call(&market.buyer, "confirmReceipt", json!({ "orderId": order }), "order { id }");
                assert_eq!(confirmed.await.user_error("confirmReceipt"), "");
            }
            let amount = if random.random_range(0..4) == 0 { left } else { random.random_range(1..=left) };
            let refund = app.refund(&market.buyer, &order, &format!("{}.{:02}", amount / 100, amount % 100)).await;
            assert_eq!(app.approve(&market.seller, &refund, &refund).await.user_error("approveRefund"), "");
            refunded += amount;
        }
        wanted += gift * (total - refunded) / total;
        let given = market.given(&organisation).await.0.replace('.', "").parse::<i128>().unwrap();
        assert_eq!(given, wanted, "round {round}");
    }
    market.close().await;
}

/// Sales to one organisation and refunds of others, all at once: nobody waits for ever, and everything adds up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_sales_and_refunds_in_parallel_give_what_the_rule_says() {
    let server = PgServer::start_with(Durability::None).await;
    let market = Market::on(TestApp::start_on(&server.fresh_database().await, 16).await, "30.00").await;
    let app = &market.app;
    let organisation = market.gives_share(1_000).await;
    let method = app.balance(&market.buyer, "5000").await;
    let mut refunds = Vec::new();
    for n in 0..20 {
        let order = app.unpaid_order(&market.buyer, &market.shop, &market.item, 1).await;
        app.pay(&market.buyer, &order, &[&method]).await.data();
        if n % 2 == 0 {
            // After settlement the refund comes from the balance, and the gift goes back to it.
            let done = market.call(&market.buyer, "confirmReceipt", json!({ "orderId": order }), "order { id }").await;
            assert_eq!(done.user_error("confirmReceipt"), "");
        }
        refunds.push(app.refund(&market.buyer, &order, "10.00").await);
        refunds.push(app.refund(&market.buyer, &order, "20.00").await);
    }
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(app.unpaid_order(&market.buyer, &market.shop, &market.item, 1).await);
    }
    let approving = futures_util::future::join_all(
        refunds.iter().step_by(2).chain(refunds.iter().skip(1).step_by(4)).map(|r| app.approve(&market.seller, r, r)),
    );
    let methods = [method.as_str()];
    let paying = futures_util::future::join_all(waiting.iter().map(|order| app.pay(&market.buyer, order, &methods)));
    let (approved, paid) = tokio::join!(approving, paying);
    for answer in &approved {
        assert_eq!(answer.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer:?}");
    }
    for answer in &paid {
        assert_eq!(answer.0["data"]["payOrder"]["payment"]["state"], "CAPTURED", "{answer:?}");
    }
    // 10 orders are refunded whole, 10 by a third: 2.00 of 3.00 each stand; 20 new ones stand whole.
    assert_eq!(market.given(&organisation).await, ("80.00".to_owned(), 30));
    app.verified().await;
}

/// What can be taken back by nobody any more goes out, once, and stands.
#[tokio::test(flavor = "multi_thread")]
async fn r4_14_gifts_are_paid_out_when_no_dispute_can_take_them_back() {
    let market = Market::open("100.00").await;
    let (app, buyer, seller) = (&market.app, &market.buyer, &market.seller);
    let organisation = market.gives_share(1_000).await;
    let operator = app.operator(&["platform.charity.pay_out"]).await;
    let select = "paid { amount } sales stillDue { amount }";
    let pay = |who: Persona, more: Value| {
        let mut input = json!({ "organisationId": organisation });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let market = &market;
        async move { market.call(&who, "payOutDonations", input, select).await }
    };
    let mut orders = Vec::new();
    for _ in 0..4 {
        let order = app.order(buyer, &market.shop, &market.item, 1).await;
        orders.push(order);
    }
    // The first two are settled long ago, of the second a part went back; the third is settled today; the fourth is not.
    let part = app.refund(buyer, &orders[1], "50.00").await;
    app.approve(seller, &part, "part").await.data();
    for order in &orders[..3] {
        market.call(buyer, "confirmReceipt", json!({ "orderId": order }), "order { id }").await.data();
    }
    assert_eq!(pay(operator.clone(), json!({})).await.user_error("payOutDonations"), "NOTHING_DUE");
    app.sql(
        "UPDATE orders SET settled_at = settled_at - interval '15 days' WHERE id IN (
           SELECT id FROM orders WHERE settled_at IS NOT NULL ORDER BY id LIMIT 2)",
    )
    .await;
    // A refund that is open keeps its sale back.
    let open = app.refund(buyer, &orders[0], "1.00").await;
    assert_eq!(pay(seller.clone(), json!({})).await.code(), "FORBIDDEN", "not for shops");
    let bad = pay(operator.clone(), json!({ "reference": "" })).await;
    assert_eq!(bad.user_error("payOutDonations"), "REFERENCE_INVALID");
    let first = pay(operator.clone(), json!({ "reference": "bank 7" })).await.data()["payOutDonations"].clone();
    assert_eq!((&first["paid"]["amount"], &first["sales"]), (&json!("5.00"), &json!(1)), "half of the second's ten");
    assert_eq!(first["stillDue"]["amount"], "0.00");
    app.verified().await;
    let reject = json!({ "refundId": open, "reason": "no" });
    market.call(seller, "rejectRefund", reject, "refund { state }").await.data();
    let second = pay(operator.clone(), json!({})).await.data()["payOutDonations"].clone();
    assert_eq!((&second["paid"]["amount"], &second["sales"]), (&json!("10.00"), &json!(1)));
    assert_eq!(pay(operator.clone(), json!({})).await.user_error("payOutDonations"), "NOTHING_DUE", "once");
    // 5 + 10 went out; 10 + 10 wait.
    let sums =
        "{ charityOrganisations { edges { node { id given { donated { amount } paidOut { amount } sales } } } } }";
    let seen = app.run(None, sums, json!({})).await.data();
    let all = seen["charityOrganisations"]["edges"].as_array().unwrap().clone();
    let own =
        all.into_iter().map(|edge| edge["node"].clone()).find(|node| node["id"] == organisation.as_str()).unwrap();
    let wanted = json!([{ "donated": { "amount": "35.00" }, "paidOut": { "amount": "15.00" }, "sales": 4 }]);
    assert_eq!(own["given"], wanted);
    // What went out stands: the shop alone gives back what it refunds now.
    let late = app.refund(buyer, &orders[0], "100.00").await;
    app.approve(seller, &late, "late").await.data();
    assert_eq!(donation(app, buyer, &orders[0]).await, "10.00");
    assert_eq!(market.given(&organisation).await, ("35.00".to_owned(), 4));
    market.app.verified().await;
    // A pay-out that was changed by hand is named (h14).
    app.sql("UPDATE charity_payouts SET amount_minor = amount_minor + 1").await;
    let report = ledger::verify(&app.door.db).await.unwrap();
    let named = report.findings.iter().filter(|found| found.problem == Problem::DonationMismatch);
    assert_eq!(named.map(|found| found.record.as_str()).collect::<Vec<_>>(), [organisation.as_str(); 2]);
    app.sql("UPDATE charity_payouts SET amount_minor = amount_minor - 1").await;
    market.close().await;
}

/// Several operators at once pay out every gift once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_pay_outs_at_once_cover_every_gift_once() {
    let server = PgServer::start_with(Durability::None).await;
    let market = Market::on(TestApp::start_on(&server.fresh_database().await, 16).await, "100.00").await;
    let app = &market.app;
    let organisation = market.gives_share(1_000).await;
    let operator = app.operator(&["platform.charity.pay_out"]).await;
    for _ in 0..10 {
        let order = app.order(&market.buyer, &market.shop, &market.item, 1).await;
        market.call(&market.buyer, "confirmReceipt", json!({ "orderId": order }), "order { id }").await.data();
    }
    app.sql("UPDATE orders SET settled_at = settled_at - interval '15 days'").await;
    let input = || json!({ "organisationId": organisation });
    let tries = (0..8).map(|_| market.call(&operator, "payOutDonations", input(), "paid { amount }"));
    let answers = futures_util::future::join_all(tries).await;
    let paid: Vec<_> = answers.iter().filter(|answer| answer.user_error("payOutDonations").is_empty()).collect();
    assert_eq!(paid.len(), 1, "{answers:?}");
    assert_eq!(paid[0].0["data"]["payOutDonations"]["paid"]["amount"], "100.00");
    app.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h14_gifts_and_public_numbers_that_were_changed_by_hand_are_named() {
    let market = Market::open("100.00").await;
    let organisation = market.gives_share(1_000).await;
    market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    for (sql, back) in [
        ("UPDATE charity_totals SET donated_minor = donated_minor + 1", "donated_minor = donated_minor - 1"),
        ("UPDATE charity_totals SET sales = sales + 1", "sales = sales - 1"),
        ("UPDATE orders SET donation_minor = donation_minor - 1", "donation_minor = donation_minor + 1"),
    ] {
        market.app.sql(sql).await;
        let report = ledger::verify(&market.app.door.db).await.unwrap();
        let named = report.findings.iter().find(|found| found.problem == Problem::DonationMismatch);
        let named = named.unwrap_or_else(|| panic!("{sql}: {:#?}", report.findings));
        assert_eq!((named.record.as_str(), named.book.as_deref()), (organisation.as_str(), Some(market.shop.as_str())));
        let table = sql.split(' ').nth(1).unwrap();
        market.app.sql(&format!("UPDATE {table} SET {back}")).await;
        market.app.verified().await;
    }
    market.close().await;
}
