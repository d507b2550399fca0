//! The lists of a shop's staff: pages, filters, and as many statements for a hundred rows as for one.

use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::Persona;

const PAGE: &str = "query($shop: ID!, $first: Int, $after: String, $last: Int, $before: String,
                          $state: SubAccountState, $position: ID) {
    shop(id: $shop) { subAccounts(first: $first, after: $after, last: $last, before: $before, state: $state,
                                  positionId: $position) {
        edges { cursor node { id name } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";

/// Q2 of the performance page, and more than that.
const Q2: &str = "query($shop: ID!, $first: Int) { shop(id: $shop) { subAccounts(first: $first) {
    edges { node { name position { name permissions { code } } permissions { code } } } } } }";
const EVERYTHING: &str = "query($shop: ID!, $first: Int) { shop(id: $shop) { subAccounts(first: $first) {
    edges { node { name login position { name } permissions { code }
                   grants { permission { code } usage { today { left { amount } } } } } } } } }";

/// Many sub-accounts at once, past the door: what is measured is reading. Every fourth has an override with a limit that
/// counts.
async fn many(crew: &Crew, count: usize) {
    let shop = uuid_of(&crew.shop);
    let positions: Vec<String> =
        ["CUSTOMER_SERVICE", "OPERATIONS", "FINANCE"].iter().map(|kind| uuid_of(&crew.position(kind))).collect();
    let mut sql = String::new();
    for at in 0..count {
        let (id, position) = (uuid::Uuid::now_v7(), &positions[at % positions.len()]);
        sql += &format!(
            "INSERT INTO sub_accounts VALUES ('{shop}', '{id}', 'staff{at}', 'staff{at}', 'Staff {at}', '{position}',
               NULL, NULL, 'ACTIVE', now(), NULL);
             INSERT INTO position_assignments VALUES ('{shop}', '{id}', '{position}', now(), NULL);"
        );
        if at % 4 == 0 {
            let grant = uuid::Uuid::now_v7();
            sql += &format!(
                "INSERT INTO permission_grants VALUES ('{shop}', '{grant}', '{id}', 12, 'ALLOW', '{{\"perDay\": 500}}',
                   'aurora', now(), NULL, NULL);"
            );
        }
    }
    crew.app.sql(&sql).await;
}

fn uuid_of(id: &str) -> String {
    use kith::kernel::ids::{PositionId, ShopId, TypedId};
    id.parse::<ShopId>()
        .map(TypedId::uuid)
        .or_else(|_| id.parse::<PositionId>().map(TypedId::uuid))
        .unwrap()
        .to_string()
}

async fn statements(crew: &Crew, query: &str, first: usize) -> (u64, usize) {
    let before = crew.app.door.db.statements();
    let data = crew.app.ok(&crew.owner, query, json!({ "shop": crew.shop, "first": first })).await;
    let rows = data["shop"]["subAccounts"]["edges"].as_array().unwrap().len();
    (crew.app.door.db.statements() - before, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn q2_takes_as_many_statements_for_a_hundred_rows_as_for_one() {
    let crew = Crew::start().await;
    many(&crew, 100).await;
    // What the session and the shop itself take.
    let bare =
        "query($shop: ID!, $first: Int) { shop(id: $shop) { subAccounts(first: $first) { edges { node { name } } } } }";
    // Hiring moved the epoch: the first look makes the actor anew.
    statements(&crew, bare, 1).await;
    let (base, _) = statements(&crew, bare, 1).await;
    for (query, more) in [(Q2, 2), (EVERYTHING, 3)] {
        for first in [1, 20, 100] {
            let (count, rows) = statements(&crew, query, first).await;
            assert_eq!(rows, first);
            assert_eq!(count, base + more, "{first} rows: {query}");
        }
    }
    crew.stop().await;
}

/// Whoever has a seat of staff knows the shop's epoch: what stands by it is read once, and again when it has moved.
#[tokio::test(flavor = "multi_thread")]
async fn r5_5_positions_and_grants_are_kept_as_long_as_the_epoch_stands() {
    let crew = Crew::start().await;
    many(&crew, 20).await;
    let clerk = crew.app.clerk(&crew.shop, "reader", &["staff.read"]).await;
    let ask = async |who: &Persona| crew.app.ok(who, Q2, json!({ "shop": crew.shop, "first": 50 })).await;
    let shop = uuid_of(&crew.shop);
    let first = ask(&clerk).await;
    for change in [
        "UPDATE positions SET name = name || '!' WHERE shop_id = '$shop'",
        "DELETE FROM position_permissions WHERE permission = (SELECT min(permission) FROM position_permissions)",
        "UPDATE permission_grants SET effect = 'DENY' WHERE shop_id = '$shop'",
        "UPDATE permission_grants SET revoked_by = 'x', revoked_at = now() WHERE shop_id = '$shop'",
        "INSERT INTO permission_grants SELECT shop_id, gen_random_uuid(), id, 13, 'ALLOW', '{}', 'x', now(), NULL, NULL
         FROM sub_accounts",
    ] {
        crew.app.sql(&change.replace("$shop", &shop)).await;
        let seen = ask(&clerk).await;
        assert_ne!(seen, first, "{change}");
        assert_eq!(seen, ask(&crew.owner).await, "the main account keeps nothing: {change}");
        let before = crew.app.door.db.statements();
        assert_eq!(ask(&clerk).await, seen);
        assert_eq!(crew.app.door.db.statements() - before, 2, "the session and the page");
    }
    crew.stop().await;
}

async fn page(crew: &Crew, who: &Persona, mut variables: Value) -> crate::support::app::Answer {
    variables["shop"] = json!(crew.shop);
    crew.app.run(Some(&who.token), PAGE, variables).await
}

#[tokio::test(flavor = "multi_thread")]
async fn h29_pages_forward_and_backward_and_bad_arguments() {
    let crew = Crew::start().await;
    many(&crew, 7).await;
    let names = |answer: &Value| -> Vec<String> {
        let edges = answer["shop"]["subAccounts"]["edges"].as_array().unwrap().clone();
        edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = page(&crew, &crew.owner, json!({})).await.data();
    assert_eq!(names(&all).len(), 7);
    let first = page(&crew, &crew.owner, json!({ "first": 3 })).await.data();
    assert_eq!(names(&first), ["staff0", "staff1", "staff2"]);
    let cursor = first["shop"]["subAccounts"]["pageInfo"]["endCursor"].clone();
    let next = page(&crew, &crew.owner, json!({ "first": 3, "after": cursor })).await.data();
    assert_eq!(names(&next), ["staff3", "staff4", "staff5"]);
    let back =
        page(&crew, &crew.owner, json!({ "last": 2, "before": next["shop"]["subAccounts"]["edges"][0]["cursor"] }))
            .await
            .data();
    assert_eq!(names(&back), ["staff1", "staff2"]);
    assert_eq!(back["shop"]["subAccounts"]["pageInfo"]["hasPreviousPage"], true);
    assert_eq!(names(&page(&crew, &crew.owner, json!({ "first": 0 })).await.data()), Vec::<String>::new());
    for bad in [
        json!({ "first": -1 }),
        json!({ "first": 101 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "after": "" }),
        json!({ "after": "sub_forged" }),
        json!({ "after": crew.shop }),
    ] {
        assert_eq!(page(&crew, &crew.owner, bad.clone()).await.code(), "BAD_USER_INPUT", "{bad}");
    }
    assert_ne!(page(&crew, &crew.owner, json!({ "first": 2_147_483_648_i64 })).await.0.get("errors"), None);
    // A cursor of another shop is a place like any other: it shows nothing of that shop.
    let other = Crew::on(crew.app).await;
    let foreign = page(&other, &other.owner, json!({ "after": cursor })).await.data();
    assert_eq!(names(&foreign), Vec::<String>::new());
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_state_and_position() {
    let crew = Crew::start().await;
    let gone = crew.hire("gone", "FINANCE").await;
    crew.hire("here", "FINANCE").await;
    crew.hire("there", "OTHER").await;
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": gone.id }), "").await.data();
    let names = async |variables| {
        let data = page(&crew, &crew.owner, variables).await.data();
        let edges = data["shop"]["subAccounts"]["edges"].as_array().unwrap().clone();
        edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!({ "state": "ACTIVE" })).await, ["here", "there"]);
    assert_eq!(names(json!({ "state": "DEPARTED" })).await, ["gone"]);
    let finance = crew.position("FINANCE");
    assert_eq!(names(json!({ "position": finance })).await, ["gone", "here"]);
    assert_eq!(names(json!({ "position": finance, "state": "ACTIVE" })).await, ["here"]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_the_staff_is_for_who_may_see_it() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    assert_eq!(page(&crew, &agent, json!({})).await.code(), "FORBIDDEN");
    page(&crew, &boss, json!({})).await.data();
    let buyer = crew.app.account("buyer").await;
    assert_eq!(page(&crew, &buyer, json!({})).await.code(), "FORBIDDEN");
    // Holding it in another shop opens nothing here.
    crew.app.shop(&buyer).await;
    assert_eq!(page(&crew, &buyer, json!({})).await.code(), "FORBIDDEN");
    crew.stop().await;
}

/// What is written in one pass is what the stock resolver says, errors included.
#[tokio::test(flavor = "multi_thread")]
async fn staff_is_shown_at_once_as_the_stock_resolver_shows_it() {
    let crew = Crew::start().await;
    many(&crew, 12).await;
    for query in [
        Q2,
        EVERYTHING,
        "query($shop: ID!) { shop(id: $shop) { subAccounts { __typename edges { cursor node { ...all } } pageInfo {
           hasNextPage hasPreviousPage startCursor endCursor } } } }
         fragment all on SubAccount { __typename id shopId login displayName hasOwnAccount state createdAt departedAt
           ... on Node { sub: id } position { id shopId name kind rank permissions { code title locked } }
           permissions { code title source locked limited grantId }
           grants { id subAccountId permission { code title help highRisk grantable money } effect grantedBy grantedAt
             revokedBy revokedAt constraints { perAction { amount currency } perDay { amount } hours { from until } }
             usage { today { used { amount } left { amount } uses usesLeft resetsAt } thisMonth { resetsAt } } } }",
        // One key twice, and directives: not for one pass, and right all the same.
        "query($shop: ID!) { shop(id: $shop) { subAccounts { edges { node { name } } } }
           again: shop(id: $shop) { subAccounts { edges { node { id name name position { id } position { name } } } } } }",
        "query($shop: ID!) { shop(id: $shop) { subAccounts { edges { node { name } } } }
           shop(id: $shop) { subAccounts { edges { node { id @include(if: true) login @skip(if: true) } } } } }",
    ] {
        crew.app.both_ways(&crew.owner, query, json!({ "shop": crew.shop, "first": 7 })).await;
    }
    crew.stop().await;
}
