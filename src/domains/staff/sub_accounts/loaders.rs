//! Sub-accounts, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::SubAccount;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::SubAccountId;

/// Sub-accounts by id.
#[derive(Default)]
pub struct SubAccountById;

impl Batch for SubAccountById {
    type Key = SubAccountId;
    type Value = Arc<SubAccount>;

    async fn load(db: &Db, keys: &[SubAccountId]) -> Result<HashMap<SubAccountId, Arc<SubAccount>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::by_ids(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
