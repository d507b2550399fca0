//! Whom questions are about: sub-accounts with what the engine needs of their shops. Off the hot path of field guards, so it
//! is one statement of plain SQL for all of them.

use std::collections::HashMap;

use diesel::sql_types::{Array, BigInt, Bool, Integer, Text, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::kernel::ids::{ShopId, SubAccountId, TypedId};

/// A sub-account that is asked about.
#[derive(Debug, Clone, diesel::QueryableByName)]
pub struct SubjectRow {
    #[diesel(sql_type = SqlUuid)]
    shop: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    /// The log-in name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The position's name.
    #[diesel(sql_type = Text)]
    pub position: String,
    /// How high it stands.
    #[diesel(sql_type = Integer)]
    pub rank: i32,
    /// The shop's time zone.
    #[diesel(sql_type = Text)]
    pub zone: String,
    /// The shop's currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The shop's permission epoch.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// Whether it, its shop's main account and the account that it is linked to, if any, are active.
    #[diesel(sql_type = Bool)]
    pub active: bool,
    /// Whether an account of its own stands behind it.
    #[diesel(sql_type = Bool)]
    pub has_own_account: bool,
}

impl SubjectRow {
    /// The shop.
    #[must_use]
    pub fn shop(&self) -> ShopId {
        ShopId::from_uuid(self.shop)
    }

    /// The sub-account.
    #[must_use]
    pub fn id(&self) -> SubAccountId {
        SubAccountId::from_uuid(self.id)
    }
}

/// Sub-accounts by id. Whether the one who asks may know of them is for the caller to check.
///
/// # Errors
/// The database's fault.
pub async fn subjects(
    conn: &mut AsyncPgConnection,
    ids: &[SubAccountId],
) -> Result<HashMap<SubAccountId, SubjectRow>, diesel::result::Error> {
    let rows: Vec<SubjectRow> = diesel::sql_query(
        "SELECT u.shop_id AS shop, u.id, a.login || ':' || u.name AS name, p.name AS position, p.rank,
                s.time_zone AS zone, s.currency, e.epoch,
                u.state = 'ACTIVE' AND a.state = 'ACTIVE' AND coalesce(l.state = 'ACTIVE', true) AS active,
                u.linked_account_id IS NOT NULL AS has_own_account
         FROM sub_accounts u
         JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id
         JOIN shops s ON s.id = u.shop_id
         JOIN accounts a ON a.id = s.main_account_id
         LEFT JOIN accounts l ON l.id = u.linked_account_id
         JOIN permission_epochs e ON e.shop_id = u.shop_id
         WHERE u.id = ANY($1)",
    )
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id(), row)).collect())
}
