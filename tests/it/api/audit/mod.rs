//! The audit trail.

mod export;
mod parallel;
mod stream;
mod trail;
mod verify;

use serde_json::{Value, json};

use crate::support::app::{Persona, TestApp};

const TRAIL: &str = "query($shop: ID, $filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
  auditTrail(shopId: $shop, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node {
      seq at actor { id name } action target outcome permission grantId sessionId ip client requestId
      detail { key value } hash } } } }";

/// The entries of a page of a shop's trail.
async fn trail(app: &TestApp, who: &Persona, variables: Value) -> Vec<Value> {
    let data = app.ok(who, TRAIL, variables).await;
    data["auditTrail"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

/// Adds `count` entries to a shop's trail: items that its owner lists.
async fn deeds(app: &TestApp, owner: &Persona, shop: &str, count: usize) {
    for _ in 0..count {
        app.item(owner, shop, "1.00").await;
    }
}

fn seqs(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect()
}

fn of_shop(shop: &str) -> Value {
    json!({ "shop": shop })
}
