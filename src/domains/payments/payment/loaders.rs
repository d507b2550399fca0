//! Payments by id, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Payment;
use super::store;
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::PaymentId;

/// Payments by id, as of a change that whoever asks knows by its number: a subscription that is told of the next one reads
/// the payment anew.
#[derive(Default)]
pub struct PaymentAsOf;

impl Batch for PaymentAsOf {
    type Key = (PaymentId, i64);
    type Value = Arc<Payment>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let ids: Vec<PaymentId> = keys.iter().map(|(id, _)| *id).collect();
        let rows = store::by_ids(&mut *db.get().await?, &ids).await?;
        let rows: HashMap<PaymentId, Arc<Payment>> = rows.into_iter().map(|row| (row.id, Arc::new(row))).collect();
        Ok(keys.iter().filter_map(|key| Some((*key, Arc::clone(rows.get(&key.0)?)))).collect())
    }
}
