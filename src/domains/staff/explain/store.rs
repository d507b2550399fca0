//! Who held a permission at a moment. Off the hot path, so it is one statement of plain SQL.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::db::schema::position_assignments as pa;
use crate::kernel::Instant;
use crate::kernel::ids::{ShopId, SubAccountId, TypedId};
use crate::permissions::ReadPermit;
use crate::permissions::{Constraints, Number, shifts};

/// The most rows that are looked at.
const MOST: i32 = 10_000;

/// A seat that held a permission.
#[derive(Debug, Clone)]
pub struct Could {
    /// The sub-account; `None` for the main account.
    pub sub_account: Option<SubAccountId>,
    /// The log-in name.
    pub name: String,
    /// The limits that stood then.
    pub constraints: Constraints,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Jsonb>)]
    constraints: Option<serde_json::Value>,
}

/// Everybody who held `permission` in the shop at `at`, the main account first: it held everything since the shop was
/// opened. Not who was restricted then, because they had not been certified in time (requirement 4.6).
///
/// # Errors
/// The database's fault.
pub async fn holders_at(
    conn: &mut AsyncPgConnection,
    permit: ReadPermit,
    permission: Number,
    at: Instant,
) -> Result<Vec<Could>, diesel::result::Error> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT NULL::uuid AS id, a.login AS name, NULL::jsonb AS constraints
         FROM shops s JOIN accounts a ON a.id = s.main_account_id WHERE s.id = $1 AND s.created_at <= $3
         UNION ALL
         (SELECT u.id, a.login || ':' || u.name, g.constraints
         FROM position_assignments pa
         JOIN sub_accounts u ON u.shop_id = pa.shop_id AND u.id = pa.sub_account_id
         JOIN shops s ON s.id = pa.shop_id
         JOIN accounts a ON a.id = s.main_account_id
         LEFT JOIN permission_grants g ON g.shop_id = pa.shop_id AND g.sub_account_id = pa.sub_account_id
              AND g.permission = $2 AND g.granted_at <= $3 AND (g.revoked_at IS NULL OR g.revoked_at > $3)
         WHERE pa.shop_id = $1 AND pa.valid_from <= $3 AND (pa.valid_to IS NULL OR pa.valid_to > $3)
           AND (u.certified_at <= $3 OR pa.certify_by IS NULL OR pa.certify_by > $3)
           AND (g.effect = 'ALLOW' OR (g.effect IS NULL AND EXISTS (
                SELECT 1 FROM position_permissions pp
                WHERE pp.shop_id = pa.shop_id AND pp.position_id = pa.position_id AND pp.permission = $2
                  AND pp.valid_from <= $3 AND (pp.valid_to IS NULL OR pp.valid_to > $3))))
         ORDER BY u.id LIMIT $4)",
    )
    .bind::<SqlUuid, _>(permit.shop.uuid())
    .bind::<Integer, _>(i32::from(permission))
    .bind::<Timestamptz, _>(at)
    .bind::<Integer, _>(MOST)
    .load(conn)
    .await?;
    let rosters = shifts::of_shop(conn, permit.shop, None, Some(at)).await?;
    let read = |row: Row| {
        let constraints = row.constraints.map(serde_json::from_value).transpose();
        let constraints = constraints.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        let sub_account = row.id.map(SubAccountId::from_uuid);
        let mut constraints: Constraints = constraints.unwrap_or_default();
        if let Some(roster) = sub_account.filter(|_| constraints.on_shift).and_then(|id| rosters.get(&id)) {
            constraints.roster = roster.clone();
        }
        Ok(Could { sub_account, name: row.name, constraints })
    };
    rows.into_iter().map(read).collect()
}

/// Until when whoever had a position at a moment had to be certified, as it stood then.
///
/// # Errors
/// The database's fault.
pub async fn certify_by_at(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    who: SubAccountId,
    at: Instant,
) -> Result<Option<Instant>, diesel::result::Error> {
    let then = pa::table
        .filter(pa::shop_id.eq(shop).and(pa::sub_account_id.eq(who)).and(pa::valid_from.le(at)))
        .filter(pa::valid_to.is_null().or(pa::valid_to.gt(at)));
    Ok(then.select(pa::certify_by).first(conn).await.optional()?.flatten())
}
