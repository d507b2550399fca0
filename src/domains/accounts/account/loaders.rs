//! Accounts by id, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Account;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Accounts by id.
#[derive(Default)]
pub struct AccountById;

impl Batch for AccountById {
    type Key = AccountId;
    type Value = Arc<Account>;

    async fn load(db: &Db, keys: &[AccountId]) -> Result<HashMap<AccountId, Arc<Account>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::by_ids(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
