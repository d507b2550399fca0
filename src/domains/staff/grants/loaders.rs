//! Standing grants and what was used of their limits, many at a time.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::model::Grant;
use super::store;
use crate::db::Db;
use crate::graphql::context::RequestContext;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{GrantId, ShopId, SubAccountId};
use crate::permissions::Number;
use crate::permissions::catalogue::FIRST_DYNAMIC;
use crate::permissions::codes::{self, Counting};
use crate::permissions::quota::{self, Usage};

/// The standing grants of a sub-account, ascending by permission. Every key has a list.
#[derive(Default)]
pub struct GrantsOf;

impl Batch for GrantsOf {
    type Key = (ShopId, SubAccountId);
    // As long as it is: thousands of lists are kept, most of one grant, and a `Vec` begins with room for four.
    type Value = Arc<[Grant]>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        // Most have none, and these share one list.
        let none: Arc<[Grant]> = Arc::default();
        let mut conn = db.get().await?;
        let mut lists: HashMap<Self::Key, Vec<Grant>> = HashMap::new();
        for grant in store::standing_of(&mut conn, keys).await? {
            lists.entry((grant.shop_id, grant.sub_account_id)).or_default().push(grant);
        }
        Ok(keys.iter().map(|key| (*key, lists.remove(key).map_or_else(|| Arc::clone(&none), Arc::from))).collect())
    }
}

/// The services' codes that count in a shop. Every key has some, or none.
#[derive(Default)]
pub struct CountingIn;

impl Batch for CountingIn {
    type Key = ShopId;
    type Value = Arc<Counting>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let mut conn = db.get().await?;
        let mut found = HashMap::with_capacity(keys.len());
        for shop in keys {
            found.insert(*shop, Arc::new(codes::counting(&mut conn, *shop, None).await?));
        }
        Ok(found)
    }
}

/// The services' codes that count in a shop, as far as these numbers need it: without a service's code among them nothing is
/// read.
///
/// # Errors
/// The database's fault.
pub async fn counting(
    request: &RequestContext,
    shop: ShopId,
    numbers: impl IntoIterator<Item = Number>,
) -> Result<Arc<Counting>, Fault> {
    if numbers.into_iter().all(|number| number < FIRST_DYNAMIC) {
        return Ok(Arc::default());
    }
    Ok(request.loaders.of::<CountingIn>().load(shop).await?.unwrap_or_default())
}

/// What was used of a grant on a day, and in its month. Days are those of the shop's time zone.
#[derive(Default)]
pub struct UsageOf;

impl Batch for UsageOf {
    type Key = (ShopId, GrantId, NaiveDate);
    type Value = Usage;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let mut conn = db.get().await?;
        Ok(quota::usages(&mut conn, keys).await?)
    }
}
