//! Orders by id, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Order;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::OrderId;

/// Orders by id.
#[derive(Default)]
pub struct OrderById;

impl Batch for OrderById {
    type Key = OrderId;
    type Value = Arc<Order>;

    async fn load(db: &Db, keys: &[OrderId]) -> Result<HashMap<OrderId, Arc<Order>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::by_ids(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
