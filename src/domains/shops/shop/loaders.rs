//! Shops by id, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Shop;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;

/// Shops by id.
#[derive(Default)]
pub struct ShopById;

impl Batch for ShopById {
    type Key = ShopId;
    type Value = Arc<Shop>;

    async fn load(db: &Db, keys: &[ShopId]) -> Result<HashMap<ShopId, Arc<Shop>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::by_ids(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
