//! The only SQL on `service_settings`: what a shop set of a third-party service (requirement 4.16).
//!
//! A sub-account's own settings stand in front of the shop's, key by key; what neither sets is the service's default. They
//! are compiled into the effective set with the rest, so that a question to a service costs no statement, and they move with
//! the epoch: a change holds with the next request on every replica.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde_json::{Map, Value};

use crate::db::RunQueryDsl;
use crate::db::schema::{positions as po, service_settings as s, sub_accounts};
use crate::kernel::Instant;
use crate::kernel::ids::{ServiceSettingsId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// What was set of one service, as an object in one spelling: the text that a plugin's `create` gets. Two seats with the same
/// text share an instance.
pub type SettingsText = Arc<str>;

/// What was set of each service, for one seat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, SettingsText>);

impl Settings {
    /// The settings of a service; `None`: nothing was set, so its defaults hold.
    #[must_use]
    pub fn of(&self, service: &str) -> Option<SettingsText> {
        self.0.get(service).map(Arc::clone)
    }

    /// Composes the shop's settings with a sub-account's own.
    #[must_use]
    pub fn compose(rows: &[Row], sub_account: Option<SubAccountId>) -> Self {
        let mut merged: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
        let shop = rows.iter().filter(|row| row.sub_account_id.is_none());
        let own = rows.iter().filter(|row| sub_account.is_some() && row.sub_account_id == sub_account);
        for row in shop.chain(own) {
            let values = row.values.iter().map(|(key, value)| (key.as_str(), value));
            merged.entry(&row.service).or_default().extend(values);
        }
        // A map of texts and JSON values is JSON.
        let text = |values: BTreeMap<&str, &Value>| -> SettingsText {
            serde_json::to_string(&values).unwrap_or_default().into()
        };
        Self(merged.into_iter().map(|(service, values)| (service.to_owned(), text(values))).collect())
    }
}

/// What was set of one service for one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The service.
    pub service: String,
    /// The sub-account; `None` for the whole shop.
    pub sub_account_id: Option<SubAccountId>,
    /// The values by key.
    pub values: Map<String, Value>,
    /// Who set them, by the name in the shop's records.
    pub changed_by: String,
    /// When.
    pub changed_at: Instant,
}

/// What was set for a seat: the shop's settings, and the sub-account's own.
///
/// # Errors
/// The database's fault.
pub async fn of_seat(conn: &mut AsyncPgConnection, shop: ShopId, sub_account: Option<SubAccountId>) -> Sql<Vec<Row>> {
    let mine = s::sub_account_id.is_null().or(s::sub_account_id.is_not_distinct_from(sub_account));
    read(conn, s::table.filter(s::shop_id.eq(shop).and(mine)).into_boxed()).await
}

async fn read(conn: &mut AsyncPgConnection, query: s::BoxedQuery<'_, Pg>) -> Sql<Vec<Row>> {
    let rows: Vec<(String, Option<SubAccountId>, Value, String, Instant)> = query
        .order((s::service, s::sub_account_id))
        .select((s::service, s::sub_account_id, s::settings, s::changed_by, s::changed_at))
        .load(conn)
        .await?;
    let row = |(service, sub_account_id, settings, changed_by, changed_at)| {
        let values = match settings {
            Value::Object(values) => values,
            _ => Map::new(),
        };
        Row { service, sub_account_id, values, changed_by, changed_at }
    };
    Ok(rows.into_iter().map(row).collect())
}

/// What was set in a whole shop, its sub-accounts' own included.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<Row>> {
    read(conn, s::table.filter(s::shop_id.eq(shop)).into_boxed()).await
}

/// How high a sub-account of a shop stands; `None`: the shop has no such sub-account.
///
/// # Errors
/// The database's fault.
pub async fn rank_of(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<i32>> {
    sub_accounts::table
        .inner_join(po::table.on(po::shop_id.eq(sub_accounts::shop_id).and(po::id.eq(sub_accounts::position_id))))
        .filter(sub_accounts::shop_id.eq(shop).and(sub_accounts::id.eq(id)))
        .select(po::rank)
        .first(conn)
        .await
        .optional()
}

/// Sets a service's settings for a scope, in place of what was set there; an empty object removes them. Call it with the
/// shop's epoch locked; what changes moves it.
///
/// # Errors
/// The database's fault.
pub async fn put(conn: &mut AsyncPgConnection, shop: ShopId, new: &Row) -> Sql<()> {
    let scope = s::sub_account_id.is_not_distinct_from(new.sub_account_id);
    let old = s::table.filter(s::shop_id.eq(shop).and(s::service.eq(&new.service)).and(scope));
    diesel::delete(old).execute(conn).await?;
    if new.values.is_empty() {
        return Ok(());
    }
    diesel::insert_into(s::table)
        .values((
            s::shop_id.eq(shop),
            s::id.eq(ServiceSettingsId::generate()),
            s::service.eq(&new.service),
            s::sub_account_id.eq(new.sub_account_id),
            s::settings.eq(Value::Object(new.values.clone())),
            s::changed_by.eq(&new.changed_by),
            s::changed_at.eq(new.changed_at),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}
