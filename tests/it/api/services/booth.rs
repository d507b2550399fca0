//! A shop on a platform where the example service Acme Print is installed: isolated, in children of the shipped program.

use std::sync::Arc;

use kith::domains::plugins::Keeper;
use serde_json::{Value, json};

use crate::api::staff::crew::Crew;
use crate::plugins::kit::Folder;
use crate::support::app::{Answer, Persona, TestApp};

/// A code of the service.
pub const PRINT: &str = "acme_print.waybill.print";
/// A high-risk one, which the service gives to warehouse leads only.
pub const REPRINT: &str = "acme_print.waybill.reprint";

/// See the module.
pub struct Booth {
    pub crew: Crew,
    pub keeper: Arc<Keeper>,
    folder: Folder,
    id: &'static str,
}

impl Booth {
    /// With Acme Print. The shop has not subscribed yet.
    pub async fn start() -> Self {
        Self::with("acme-print").await
    }

    /// The same with another of the examples.
    pub async fn with(id: &'static str) -> Self {
        let app = TestApp::start().await;
        let folder = Folder::new();
        folder.example(id);
        let keeper = Keeper::new(&app.door, folder.settings());
        keeper.look().await.unwrap();
        Self { crew: Crew::on(app).await, keeper, folder, id }
    }

    /// The plugin folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Runs a mutation about the service in the shop, as somebody.
    pub async fn call_as(&self, who: &Persona, mutation: &str, more: Value, select: &str) -> Answer {
        let mut input = json!({ "shopId": self.crew.shop, "serviceId": self.id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.crew.call(who, mutation, input, select).await
    }

    async fn done(&self, mutation: &str, more: Value) {
        let answer = self.call_as(&self.crew.owner, mutation, more, "service { id }").await;
        assert!(answer.0.get("errors").is_none() && answer.user_error(mutation).is_empty(), "{answer:?}");
    }

    /// Subscribes as the main account.
    pub async fn subscribe(&self) {
        self.done("subscribeService", json!({})).await;
    }

    /// Ends the subscription as the main account.
    pub async fn unsubscribe(&self) {
        self.done("unsubscribeService", json!({})).await;
    }

    /// Configures as the main account: the shop, or one sub-account.
    pub async fn configure(&self, whom: Option<&Persona>, settings: Value) {
        let id = whom.map(|who| who.id.clone());
        self.done("configureService", json!({ "subAccountId": id, "settings": settings })).await;
    }

    /// Takes the service's files away.
    pub async fn remove(&self) {
        self.folder.remove(self.id);
        self.keeper.look().await.unwrap();
    }

    /// Puts them back.
    pub async fn install(&self) {
        self.folder.example(self.id);
        self.keeper.look().await.unwrap();
    }

    /// A token that the service asks with: itself and its id.
    pub async fn token(&self, who: &Persona) -> (String, String) {
        let answer = self.call_as(who, "issueServiceToken", json!({ "label": "label printer" }), "token tokenId").await;
        let made = &answer.0["data"]["issueServiceToken"];
        let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        (text("token"), text("tokenId"))
    }

    /// The service as the main account sees it.
    pub async fn service(&self) -> Value {
        let query = "query($shop: ID) { services(shopId: $shop) {
            id name publisher state subscribed awaitingConsent
            permissions { code parent heading highRisk active }
            settingsSchema { key kind default schema } settings { subAccountId values }
            tokens { id label revokedAt } } }";
        let all = self.crew.app.ok(&self.crew.owner, query, json!({ "shop": self.crew.shop })).await;
        let found = all["services"].as_array().unwrap().iter().find(|service| service["id"] == self.id).cloned();
        found.unwrap_or_else(|| panic!("{all}"))
    }

    /// What is decided about somebody, asked by the main account.
    pub async fn decide(&self, who: &Persona, code: &str, context: Value) -> Value {
        let token = self.crew.owner.token.clone();
        self.decide_with(&token, who, code, context).await.data()["authorize"].clone()
    }

    /// The same with any token.
    pub async fn decide_with(&self, token: &str, who: &Persona, code: &str, context: Value) -> Answer {
        let query = "query($input: AuthorizeInput!) { authorize(input: $input) {
            decision reason message obligations { kind value source }
            explain { path { kind text sourceId } smallestChange } } }";
        let input = json!({ "subAccountId": who.id, "permission": code, "context": context });
        self.crew.app.run(Some(token), query, json!({ "input": input })).await
    }

    /// What the shop's audit trail has of a mutation, the oldest first.
    pub async fn audit(&self, action: &str) -> Vec<Value> {
        let query = "query($shop: ID, $filter: AuditFilter) { auditTrail(shopId: $shop, filter: $filter, first: 100) {
            edges { node { action target permission detail { key value } } } } }";
        let variables = json!({ "shop": self.crew.shop, "filter": { "action": action } });
        let trail = self.crew.app.ok(&self.crew.owner, query, variables).await;
        let edges = trail["auditTrail"]["edges"].as_array().unwrap().clone();
        edges.into_iter().map(|edge| edge["node"].clone()).collect()
    }

    /// Ends it all.
    pub async fn stop(self) {
        self.crew.stop().await;
    }
}
