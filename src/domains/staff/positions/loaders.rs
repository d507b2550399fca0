//! Positions with what they give, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Equipped;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{PositionId, ShopId};

/// Positions by shop and id.
#[derive(Default)]
pub struct PositionByKey;

impl Batch for PositionByKey {
    type Key = (ShopId, PositionId);
    type Value = Arc<Equipped>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let mut conn = db.get().await?;
        let found = store::by_ids(&mut conn, keys).await?;
        Ok(found.into_iter().map(|e| ((e.position.shop_id, e.position.id), Arc::new(e))).collect())
    }
}
