mod chain;
mod chat;
mod foreign_ids;
mod listening;
mod queue;
mod reports;
mod routing;
mod simulator;
mod thousand;

use kith::kernel::ids::{SubAccountId, TypedId as _};
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};

const CONTACT: &str = "mutation($shop: ID!, $page: String!, $text: String!) {
    contactShop(input: { shopId: $shop, page: $page, text: $text }) {
    conversation { id state assignments { reason } messages { id seq text fromBuyer arrived } } arrived hint userErrors { code } } }";
const REPLY: &str = "mutation($id: ID!, $text: String!) { replyToBuyer(input: { conversationId: $id, text: $text }) {
    conversation { id } arrived hint userErrors { code } } }";
const SEEN: &str = "query($id: ID!) { conversation(id: $id) { state awaitsShop messages { id text fromBuyer arrived }
    assignments { agentId reason words handedOverFrom } } }";

/// A shop with certified agents of these names, each with weight 10.
async fn desk(app: &TestApp, names: &[&str]) -> (Persona, String, Vec<Persona>) {
    let owner = app.account("seller").await;
    let shop = app.shop(&owner).await;
    let mut agents = Vec::new();
    for name in names {
        let agent = app.clerk(&shop, name, &["desk.serve"]).await;
        certify(app, &agent, "now()").await;
        set(app, &owner, &agent, json!({ "weight": 10 })).await;
        agents.push(agent);
    }
    (owner, shop, agents)
}

/// Writes when a sub-account was certified, as the staff's own commands do; `NULL` takes it back.
async fn certify(app: &TestApp, who: &Persona, when: &str) {
    let id = who.id.parse::<SubAccountId>().unwrap().uuid();
    app.sql(&format!("UPDATE sub_accounts SET certified_at = {when} WHERE id = '{id}'")).await;
}

/// Puts a sub-account on shift, every Saturday between two times: the day of [`NOON`](crate::support::app::NOON).
async fn on_saturdays(app: &TestApp, owner: &Persona, who: &Persona, from: &str, until: &str) {
    let set = "mutation($input: SetRosterInput!) { setRoster(input: $input) { roster { shifts { day } } userErrors { code } } }";
    let shifts = json!([{ "day": "SATURDAY", "from": from, "until": until }]);
    let answer = app.ok(owner, set, json!({ "input": { "subAccountId": who.id, "shifts": shifts } })).await;
    assert_eq!(answer["setRoster"]["userErrors"], json!([]), "{answer}");
}

async fn set(app: &TestApp, owner: &Persona, agent: &Persona, mut input: Value) {
    input["subAccountId"] = json!(agent.id);
    let set =
        "mutation($input: SetDeskAgentInput!) { setDeskAgent(input: $input) { agent { weight } userErrors { code } } }";
    let answer = app.ok(owner, set, json!({ "input": input })).await;
    assert_eq!(answer["setDeskAgent"]["userErrors"], json!([]), "{answer}");
}

async fn beat(app: &TestApp, agent: &Persona, shop: &str, away: bool) -> Answer {
    let text = "mutation($shop: ID!, $away: Boolean!) { deskHeartbeat(input: { shopId: $shop, away: $away }) {
        agent { online waiting } userErrors { code } } }";
    app.run(Some(&agent.token), text, json!({ "shop": shop, "away": away })).await
}

/// A buyer writes; gives the conversation's id.
async fn contact(app: &TestApp, buyer: &Persona, shop: &str, page: &str) -> String {
    let answer = app.ok(buyer, CONTACT, json!({ "shop": shop, "page": page, "text": "在吗?" })).await;
    let id = &answer["contactShop"]["conversation"]["id"];
    id.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn reply(app: &TestApp, agent: &Persona, id: &str, text: &str) -> Answer {
    app.run(Some(&agent.token), REPLY, json!({ "id": id, "text": text })).await
}

async fn close(app: &TestApp, who: &Persona, id: &str) -> Answer {
    let text = "mutation($id: ID!) { closeConversation(input: { conversationId: $id }) { userErrors { code } } }";
    app.run(Some(&who.token), text, json!({ "id": id })).await
}

async fn group(app: &TestApp, owner: &Persona, shop: &str, name: &str, pages: &[&str]) -> String {
    let save =
        "mutation($input: SaveDeskGroupInput!) { saveDeskGroup(input: $input) { group { id } userErrors { code } } }";
    let input = json!({ "shopId": shop, "name": name, "pages": pages });
    let answer = app.ok(owner, save, json!({ "input": input })).await;
    answer["saveDeskGroup"]["group"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn dedicate(app: &TestApp, owner: &Persona, shop: &str, buyer: &str, agent: &str) -> Answer {
    let set = "mutation($shop: ID!, $buyer: ID!, $agent: ID!) {
        setDedicatedAgent(input: { shopId: $shop, buyerId: $buyer, subAccountId: $agent }) { done userErrors { code } } }";
    app.run(Some(&owner.token), set, json!({ "shop": shop, "buyer": buyer, "agent": agent })).await
}

/// The last assignment of a conversation, as the shop sees it: agent and reason.
async fn assigned(app: &TestApp, owner: &Persona, id: &str) -> (Value, String) {
    let seen = app.ok(owner, SEEN, json!({ "id": id })).await;
    let last = seen["conversation"]["assignments"].as_array().unwrap().last().unwrap().clone();
    (last["agentId"].clone(), last["reason"].as_str().unwrap().to_owned())
}
