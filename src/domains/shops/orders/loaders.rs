//! Orders by id, and where they are delivered to, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Order;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{OrderId, ShopId};

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

/// Where orders are delivered to, sealed.
#[derive(Default)]
pub struct PlaceOfOrder;

impl Batch for PlaceOfOrder {
    type Key = (ShopId, OrderId);
    type Value = Arc<Vec<u8>>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let found = store::places(&mut *db.get().await?, keys).await?;
        let mut found: HashMap<OrderId, Vec<u8>> = found.into_iter().collect();
        Ok(keys.iter().filter_map(|key| Some((*key, Arc::new(found.remove(&key.1)?)))).collect())
    }
}
