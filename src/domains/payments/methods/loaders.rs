//! Methods by their keys, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Method;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, PaymentMethodId};

/// Methods by owner and id, removed ones too.
#[derive(Default)]
pub struct MethodByKey;

impl Batch for MethodByKey {
    type Key = (AccountId, PaymentMethodId);
    type Value = Arc<Method>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let rows = store::by_keys(&mut *db.get().await?, keys).await?;
        Ok(rows.into_iter().map(|row| ((row.account_id, row.id), Arc::new(row))).collect())
    }
}
