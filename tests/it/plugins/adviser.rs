//! An adviser narrows a permission of Kith's own (step 4 of the story): risk-guard behind `refund.approve`.

use kith::kernel::Locale;
use serde_json::json;

use super::kit::Kit;
use crate::api::staff::crew::positions;
use crate::support::app::Persona;

struct Night {
    kit: Kit,
    buyer: Persona,
    order: String,
}

impl Night {
    /// 23:00 in Shanghai, with the risk guard in process.
    async fn start() -> Self {
        let kit = Kit::start().await;
        kit.folder().example("risk-guard");
        kit.look().await;
        let buyer = kit.app.account("buyer").await;
        let item = kit.app.item(&kit.owner, &kit.shop, "2000.00").await;
        let order = kit.app.order(&buyer, &kit.shop, &item, 1).await;
        kit.app.clock.set("2026-11-21T15:00:00Z".parse().unwrap());
        Self { kit, buyer, order }
    }

    async fn refund(&self, amount: &str) -> String {
        self.kit.app.refund(&self.buyer, &self.order, amount).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adviser_denies_at_night_and_asks_for_a_second_approver_in_between() {
    let night = Night::start().await;
    let (app, owner) = (&night.kit.app, &night.kit.owner);
    // Small: as always.
    let small = night.refund("100.00").await;
    assert_eq!(app.approve(owner, &small, "k1").await.data()["approveRefund"]["refund"]["state"], "APPROVED");
    // In between: another person as well.
    let middle = night.refund("300.00").await;
    let first = app.approve(owner, &middle, "k2").await.data();
    assert_eq!(first["approveRefund"]["refund"]["state"], "AWAITING_SECOND_APPROVAL");
    let clerk = night.kit.clerk("clerk", &["refund.approve"]).await;
    let second = app.approve(&clerk, &middle, "k3").await.data();
    assert_eq!(second["approveRefund"]["refund"]["state"], "APPROVED");
    // Large: not before the morning, and the denial says who says so and why, in both languages.
    let large = night.refund("600.00").await;
    let denied = app.approve(owner, &large, "k4").await;
    assert_eq!(denied.code(), "FORBIDDEN");
    let extensions = denied.extensions();
    assert_eq!(extensions["reason"], "PLUGIN_DENIED");
    assert_eq!(extensions["plugin"], json!({ "id": "risk-guard", "version": "1.0.0", "reasonCode": 1 }));
    let message = |answer: &crate::support::app::Answer| answer.0["errors"][0]["message"].as_str().unwrap().to_owned();
    assert_eq!(message(&denied), "risk-guard does not allow it: \"This amount waits until 06:00.\"");
    let query = "mutation($i: ApproveRefundInput!) { approveRefund(input: $i) @idempotent(key: \"k5\") { userErrors { code } } }";
    let variables = json!({ "i": { "refundId": large } });
    let chinese = app.run_in(Some(&owner.token), query, variables, Locale::ZhCn).await;
    assert_eq!(message(&chinese), "“risk-guard”不允许此操作:“该金额需等到 06:00 之后处理。”");
    // By day it has nothing to say.
    app.clock.set("2026-11-22T04:00:00Z".parse().unwrap());
    let owner = Persona { token: app.log_in(&owner.login).await, ..owner.clone() };
    assert_eq!(app.approve(&owner, &large, "k6").await.data()["approveRefund"]["refund"]["state"], "APPROVED");
    app.verified().await;
    night.kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generation_and_every_word_are_in_the_audit_entry() {
    let night = Night::start().await;
    let (app, owner) = (&night.kit.app, &night.kit.owner);
    let small = night.refund("100.00").await;
    app.approve(owner, &small, "k1").await.data();
    let large = night.refund("600.00").await;
    assert_eq!(app.approve(owner, &large, "k2").await.code(), "FORBIDDEN");
    let trail = app
        .ok(
            owner,
            "query($shop: ID!) { auditTrail(shopId: $shop, last: 20) { edges { node { action outcome detail { key value } } } } }",
            json!({ "shop": night.kit.shop }),
        )
        .await;
    let entries: Vec<_> = trail["auditTrail"]["edges"].as_array().unwrap().iter().map(|edge| &edge["node"]).collect();
    let values = |outcome: &str, key: &str| {
        let entry = entries.iter().find(|e| e["action"] == "approveRefund" && e["outcome"] == outcome).unwrap();
        let lines = entry["detail"].as_array().unwrap().iter();
        let of = lines.filter(|line| line["key"].as_str().unwrap().ends_with(key));
        of.map(|line| line["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let generation = kith::permissions::arbiter::Arbiter::generation(&*night.kit.keeper.plugins.set()).to_string();
    assert_eq!(values("DONE", "generation"), [generation.as_str()]);
    assert_eq!(
        (values("DONE", "plugin"), values("DONE", "said")),
        (vec!["risk-guard".to_owned()], vec!["allow".to_owned()])
    );
    assert_eq!(values("DENIED", "generation"), [generation.as_str()]);
    assert_eq!(values("DENIED", "reason"), ["PLUGIN_DENIED"]);
    assert_eq!(values("DENIED", "id"), ["risk-guard"]);
    night.kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_the_adviser() {
    let night = Night::start().await;
    let query = "{ explain(input: { permission: \"refund.approve\", amount: { amount: \"600.00\" } }) {
        allowed denial { reason } path { kind sourceId } smallestChange { kind } } }";
    let answer = night.kit.app.ok(&night.kit.owner, query, json!({})).await["explain"].clone();
    assert_eq!((&answer["allowed"], &answer["denial"]["reason"]), (&json!(false), &json!("PLUGIN_DENIED")));
    assert_eq!(answer["path"][1], json!({ "kind": "PLUGIN", "sourceId": "risk-guard" }));
    night.kit.stop().await;
}

/// One that runs and does not answer denies; so does one that does not run at all (`silent`).
#[tokio::test(flavor = "multi_thread")]
async fn h23_an_isolated_adviser_that_is_down_denies_what_it_advises_and_nothing_else() {
    let kit = Kit::start().await;
    kit.folder().small_as("other", 1, &["-DADVISER"]);
    kit.look().await;
    let buyer = kit.app.account("buyer").await;
    let item = kit.app.item(&kit.owner, &kit.shop, "2000.00").await;
    let order = kit.app.order(&buyer, &kit.shop, &item, 1).await;
    let refund = kit.app.refund(&buyer, &order, "10.00").await;
    let process = kit.keeper.plugins.set().get("other").unwrap().figures().process.unwrap();
    // Stopped, not ended: it neither answers nor dies.
    super::failing::signal(process, "STOP");
    let denied = kit.app.approve(&kit.owner, &refund, "k1").await;
    assert_eq!((denied.code(), &denied.extensions()["reason"]), ("FORBIDDEN", &json!("SERVICE_UNAVAILABLE")));
    assert!(kit.used(&kit.owner, "item.read").await.is_ok());
    super::kit::until("a new child answers", async || {
        let again = kit.app.approve(&kit.owner, &refund, &uuid::Uuid::now_v7().to_string()).await;
        again.code().is_empty()
    })
    .await;
    kit.stop().await;
}

/// A read goes through its guard: the adviser is asked there, once in a request, and told the field.
#[tokio::test(flavor = "multi_thread")]
async fn an_adviser_narrows_reads_too() {
    let kit = Kit::start().await;
    let query = "query($id: ID!) { shop(id: $id) { a: refunds(first: 1) { edges { cursor } } b: refunds(first: 1) { edges { cursor } } } }";
    let read = async || kit.app.run(Some(&kit.owner.token), query, json!({ "id": kit.shop })).await;
    assert_eq!(read().await.code(), "");
    let buyer = kit.app.account("buyer").await;
    let item = kit.app.item(&kit.owner, &kit.shop, "100.00").await;
    let order = kit.app.order(&buyer, &kit.shop, &item, 1).await;
    let refund = kit.app.refund(&buyer, &order, "10.00").await;
    let by_id = async |who: &Persona| {
        let query = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }";
        let found = kit.app.ok(who, query, json!({ "id": refund })).await;
        assert_eq!(found["node"], found["nodes"][0], "{found}");
        !found["node"].is_null()
    };
    assert!(by_id(&kit.owner).await);
    kit.folder().small_as("other", 1, &["-DADVISER", "-DREADS", "-DDENY"]);
    kit.look().await;
    let denied = read().await;
    assert_eq!((denied.code(), &denied.extensions()["reason"]), ("FORBIDDEN", &json!("PLUGIN_DENIED")));
    assert_eq!(denied.extensions()["plugin"]["id"], "other");
    assert_eq!(kit.keeper.plugins.set().get("other").unwrap().figures().calls, 1, "asked once for both");
    assert!(!by_id(&kit.owner).await, "what may not be seen does not exist");
    assert!(by_id(&buyer).await, "the buyer's own");
    kit.folder().remove("other-1");
    kit.look().await;
    assert_eq!(read().await.code(), "");
    assert!(by_id(&kit.owner).await);
    // One that allows is asked once as well, by the guard, and what is read behind it is covered by the same answer.
    kit.folder().small_as("other", 2, &["-DADVISER", "-DREADS"]);
    kit.look().await;
    assert_eq!(read().await.code(), "");
    assert_eq!(kit.keeper.plugins.set().get("other").unwrap().figures().calls, 1);
    kit.stop().await;
}

/// A guard passes whoever may do it in one shop; what is read is asked about the very shop.
#[tokio::test(flavor = "multi_thread")]
async fn r5_1_an_adviser_that_forbids_one_of_two_shops_forbids_it_to_who_manages_both() {
    let kit = Kit::start().await;
    let manager = kit.app.account("manager").await;
    let own = kit.app.shop(&manager).await;
    let positions = positions(&kit.app, &kit.owner, &kit.shop).await;
    let supervisor =
        positions.as_array().unwrap().iter().find(|one| one["kind"] == "SUPERVISOR").unwrap()["id"].clone();
    let invite =
        "mutation($i: InviteManagerInput!) { inviteManager(input: $i) { subAccount { id } userErrors { code } } }";
    let input = json!({ "shopId": kit.shop, "login": manager.login, "name": "mo", "positionId": supervisor });
    kit.app.ok(&kit.owner, invite, json!({ "i": input })).await;
    let list = "{ viewer { managerInvitations { edges { node { id } } } } }";
    let asked = kit.app.ok(&manager, list, json!({})).await;
    let invitation = asked["viewer"]["managerInvitations"]["edges"][0]["node"]["id"].clone();
    let accept = "mutation($i: ManagerInvitationInput!) { acceptManagerInvitation(input: $i) { userErrors { code } } }";
    kit.app.ok(&manager, accept, json!({ "i": { "invitationId": invitation } })).await;
    let buyer = kit.app.account("buyer").await;
    let mut refunds = Vec::new();
    for (owner, shop) in [(&kit.owner, &kit.shop), (&manager, &own)] {
        let item = kit.app.item(owner, shop, "100.00").await;
        let order = kit.app.order(&buyer, shop, &item, 1).await;
        refunds.push(kit.app.refund(&buyer, &order, "10.00").await);
    }
    let seen = async || {
        let query = "query($theirs: ID!, $own: ID!, $ids: [ID!]!) {
            theirs: shop(id: $theirs) { refunds(first: 1) { edges { node { id } } } }
            own: shop(id: $own) { refunds(first: 1) { edges { node { id } } } }
            nodes(ids: $ids) { id } }";
        let variables = json!({ "theirs": kit.shop, "own": own, "ids": refunds });
        kit.app.run(Some(&manager.token), query, variables).await
    };
    let all = seen().await.data();
    assert!(all["nodes"].as_array().unwrap().iter().all(|node| !node.is_null()), "{all}");
    let forbids = format!("-DDENY_TENANT=\"{}\"", kit.shop);
    kit.folder().small_as("other", 1, &["-DADVISER", "-DREADS", &forbids]);
    kit.look().await;
    let answer = seen().await;
    assert_eq!((answer.code(), &answer.extensions()["reason"]), ("FORBIDDEN", &json!("PLUGIN_DENIED")), "{answer:?}");
    assert_eq!(answer.0["errors"][0]["path"][0], "theirs", "{answer:?}");
    assert_eq!(answer.0["errors"].as_array().unwrap().len(), 1, "{answer:?}");
    for (shop, allowed) in [(&kit.shop, false), (&own, true)] {
        let query = "query($id: ID!) { shop(id: $id) { refunds(first: 1) { edges { node { id } } } } }";
        let answer = kit.app.run(Some(&manager.token), query, json!({ "id": shop })).await;
        assert_eq!(answer.code().is_empty(), allowed, "{answer:?}");
    }
    let by_id = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let nodes = kit.app.ok(&manager, by_id, json!({ "ids": refunds })).await;
    assert_eq!(nodes["nodes"], json!([null, { "id": refunds[1] }]));
    kit.stop().await;
}
