//! `deleteItem`: a high-risk permission of its own (requirement 4.14). What was sold stays sold.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::shops::items::store;
use crate::kernel::Fault;
use crate::kernel::ids::ItemId;
use crate::permissions::catalogue::number;

/// Takes an item off sale for good.
#[derive(Debug, Serialize)]
pub struct DeleteItem {
    /// The item.
    pub item: ItemId,
}

/// It is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deleted {
    /// The item.
    pub item: ItemId,
}

impl Command for DeleteItem {
    const NAME: &'static str = "deleteItem";
    type Output = Deleted;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Deleted, Fault> {
        let locked = store::lock(tx.conn, self.item).await?;
        let permit = tx.permit(const { number("item.delete") }, locked).await?;
        let item = permit.record();
        store::delete(tx.conn, item).await?;
        tx.record_under(&permit, &item.id, json!({ "title": item.title, "price": item.price().decimal() }));
        Ok(Deleted { item: self.item })
    }
}
