//! How far sub-accounts have come, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{self, StaffCertification};
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};

/// How far a sub-account has come, by shop and id.
#[derive(Default)]
pub struct CertificationOf;

impl Batch for CertificationOf {
    type Key = (ShopId, SubAccountId);
    type Value = Arc<StaffCertification>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Arc<StaffCertification>>, Fault> {
        let mut conn = db.get().await?;
        let rows = store::of_many(&mut conn, keys).await?;
        Ok(rows.into_iter().map(|row| ((row.shop_id, row.sub_account_id), Arc::new(row))).collect())
    }
}
