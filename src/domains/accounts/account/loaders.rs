//! What others may see of accounts, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Profile;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// What others may see of accounts, by id.
#[derive(Default)]
pub struct AccountById;

impl Batch for AccountById {
    type Key = AccountId;
    type Value = Arc<Profile>;

    async fn load(db: &Db, keys: &[AccountId]) -> Result<HashMap<AccountId, Arc<Profile>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::profiles(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
