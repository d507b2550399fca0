//! A shop with its owner, and people hired into its positions.

use serde_json::{Value, json};

use crate::support::app::{Answer, PASSWORD, Persona, TestApp};

/// A shop to try things in.
pub struct Crew {
    /// Kith.
    pub app: TestApp,
    /// The main account.
    pub owner: Persona,
    /// The shop.
    pub shop: String,
    pub(super) positions: Value,
}

impl Crew {
    /// A shop with the positions that every shop starts with.
    pub async fn start() -> Self {
        Self::on(TestApp::start().await).await
    }

    /// The same on a Kith that is there already.
    pub async fn on(app: TestApp) -> Self {
        let owner = app.account("aurora").await;
        let shop = app.shop(&owner).await;
        let positions = positions(&app, &owner, &shop).await;
        Self { app, owner, shop, positions }
    }

    /// The id of the default position of a kind.
    pub fn position(&self, kind: &str) -> String {
        let all = self.positions.as_array().unwrap();
        let found = all.iter().find(|position| position["kind"] == kind).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Runs a mutation that has one input.
    pub async fn call(&self, who: &Persona, mutation: &str, input: Value, select: &str) -> Answer {
        self.call_with(who, mutation, "", input, select).await
    }

    /// The same with directives.
    pub async fn call_with(
        &self,
        who: &Persona,
        mutation: &str,
        directives: &str,
        input: Value,
        select: &str,
    ) -> Answer {
        let (first, rest) = mutation.split_at(1);
        let kind = match mutation {
            "acceptManagerInvitation" | "declineManagerInvitation" => "ManagerInvitation".to_owned(),
            _ => first.to_uppercase() + rest,
        };
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {directives} {{
               {select} userErrors {{ code field message }} }} }}"
        );
        self.app.run(Some(&who.token), &query, json!({ "input": input })).await
    }

    /// Creates a sub-account, as somebody.
    pub async fn create(&self, who: &Persona, name: &str, position: &str) -> Answer {
        let input = json!({
            "shopId": self.shop, "name": name, "displayName": format!("{name} shown"), "password": PASSWORD,
            "positionId": position,
        });
        self.call(who, "createSubAccount", input, "subAccount { id login state position { id } }").await
    }

    /// Hires somebody into the default position of a kind, logged in.
    pub async fn hire(&self, name: &str, kind: &str) -> Persona {
        self.hire_into(name, &self.position(kind)).await
    }

    /// Hires somebody into a position, logged in.
    pub async fn hire_into(&self, name: &str, position: &str) -> Persona {
        let answer = self.create(&self.owner, name, position).await;
        let made = answer.0["data"]["createSubAccount"]["subAccount"].clone();
        let id = made["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        let login = made["login"].as_str().unwrap().to_owned();
        let token = self.app.log_in(&login).await;
        Persona { login, id, token }
    }

    /// Grants a permission, as somebody.
    pub async fn grant_as(&self, who: &Persona, to: &Persona, code: &str, limits: Value) -> Answer {
        let input = json!({ "subAccountId": to.id, "permission": code, "constraints": limits });
        self.call(who, "grantPermission", input, "grant { id } subAccount { permissions { code } }").await
    }

    /// Grants a permission, as the main account; gives the grant's id.
    pub async fn grant(&self, to: &Persona, code: &str, limits: Value) -> String {
        let answer = self.grant_as(&self.owner, to, code, limits).await;
        let id = answer.0["data"]["grantPermission"]["grant"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// Takes a permission away, as somebody.
    pub async fn revoke_as(&self, who: &Persona, from: &Persona, code: &str) -> Answer {
        let input = json!({ "subAccountId": from.id, "permission": code });
        self.call(who, "revokePermission", input, "denial { id } subAccount { permissions { code } }").await
    }

    /// Adds a position with permissions, as the main account.
    pub async fn add_position(&self, name: &str, rank: i32, codes: &[&str]) -> String {
        let input = json!({ "shopId": self.shop, "name": name, "rank": rank, "permissions": codes });
        let answer = self.call(&self.owner, "createPosition", input, "position { id }").await;
        let id = answer.0["data"]["createPosition"]["position"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// The codes that a sub-account holds, as the main account sees them.
    pub async fn held(&self, who: &Persona) -> Vec<String> {
        let query = "query($id: ID!) { node(id: $id) { ... on SubAccount { permissions { code } } } }";
        codes(&self.app.ok(&self.owner, query, json!({ "id": who.id })).await["node"]["permissions"])
    }

    /// What the gate says to somebody who lists refunds: the code of the error, or nothing.
    pub async fn lists_refunds(&self, who: &Persona) -> String {
        let query = "query($id: ID!) { shop(id: $id) { refunds(first: 1) { edges { cursor } } } }";
        self.app.run(Some(&who.token), query, json!({ "id": self.shop })).await.code().to_owned()
    }

    /// Ends it all.
    pub async fn stop(self) {
        self.app.stop().await;
    }
}

/// The positions of a shop.
pub async fn positions(app: &TestApp, who: &Persona, shop: &str) -> Value {
    let query = "query($id: ID!) { shop(id: $id) {
        positions { id kind name rank permissions { code locked } } } }";
    app.ok(who, query, json!({ "id": shop })).await["shop"]["positions"].clone()
}

/// The codes of a list of permissions.
pub fn codes(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
}
