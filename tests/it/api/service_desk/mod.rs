mod chat;
mod reports;
mod routing;
mod thousand;

use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};

const CONTACT: &str = "mutation($shop: ID!, $page: String!, $text: String!) {
    contactShop(input: { shopId: $shop, page: $page, text: $text }) {
    conversation { id state assignments { reason } messages { id seq text fromBuyer arrived } } arrived userErrors { code } } }";
const REPLY: &str = "mutation($id: ID!, $text: String!) { replyToBuyer(input: { conversationId: $id, text: $text }) {
    conversation { id } arrived userErrors { code } } }";
const SEEN: &str = "query($id: ID!) { conversation(id: $id) { state awaitsShop messages { id text fromBuyer arrived }
    assignments { agentId reason words handedOverFrom } } }";

/// A shop with agents of these names, each an agent with weight 10.
async fn desk(app: &TestApp, names: &[&str]) -> (Persona, String, Vec<Persona>) {
    let owner = app.account("seller").await;
    let shop = app.shop(&owner).await;
    let mut agents = Vec::new();
    for name in names {
        let agent = app.clerk(&shop, name, &["desk.serve"]).await;
        set(app, &owner, &agent, json!({ "weight": 10 })).await;
        agents.push(agent);
    }
    (owner, shop, agents)
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

/// The last assignment of a conversation, as the shop sees it: agent and reason.
async fn assigned(app: &TestApp, owner: &Persona, id: &str) -> (Value, String) {
    let seen = app.ok(owner, SEEN, json!({ "id": id })).await;
    let last = seen["conversation"]["assignments"].as_array().unwrap().last().unwrap().clone();
    (last["agentId"].clone(), last["reason"].as_str().unwrap().to_owned())
}
