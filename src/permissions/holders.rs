//! Who in a shop holds a permission: for denials, for `explain`, and for the rule that somebody always can manage.

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::actor::{MAIN_RANK, Seat};
use super::catalogue::{Holder, Number, by_number};
use super::codes;
use super::constraints::Constraints;
use super::denial::GRANT;
use crate::db::RunQueryDsl;
use crate::kernel::ids::{ShopId, SubAccountId, TypedId};

/// A seat that holds a permission now.
#[derive(Debug, Clone)]
pub struct PermissionHolder {
    /// The sub-account; `None` for the main account.
    pub sub_account: Option<SubAccountId>,
    /// The log-in name.
    pub name: String,
    /// How high the seat stands.
    pub rank: i32,
    /// Limits of the personal grant, if that is where the permission comes from.
    pub constraints: Constraints,
}

/// Who could help an actor that was denied. Log-in names of the same shop, the highest first.
#[derive(Debug, Default)]
pub struct Helpers {
    /// Those who could do it instead.
    pub can_do: Vec<String>,
    /// Those who could grant it.
    pub can_grant: Vec<String>,
}

/// How many names a denial gives.
const MOST_NAMES: usize = 5;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    sub_account_id: Option<uuid::Uuid>,
    #[diesel(sql_type = Text)]
    seat_name: String,
    #[diesel(sql_type = Integer)]
    seat_rank: i32,
    #[diesel(sql_type = Nullable<diesel::sql_types::Jsonb>)]
    constraints: Option<Value>,
}

/// Whether the sub-account of a row `s` holds permission `$2`, where `g` is its personal grant of it, if it has one.
macro_rules! holds {
    () => {
        "(g.effect = 'ALLOW' OR (g.effect IS NULL AND EXISTS (
                SELECT 1 FROM position_assignments a
                JOIN position_permissions p ON p.shop_id = a.shop_id AND p.position_id = a.position_id
                WHERE a.shop_id = s.shop_id AND a.sub_account_id = s.sub_account_id AND a.valid_to IS NULL
                  AND p.permission = $2 AND p.valid_to IS NULL)))"
    };
}

/// Everybody in `shop` who holds `permission` now, the highest first.
///
/// # Errors
/// The database's fault.
pub async fn holders(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    permission: Number,
) -> Result<Vec<PermissionHolder>, diesel::result::Error> {
    if !codes::counting_among(conn, shop, [permission], None).await?.has(permission) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = diesel::sql_query(concat!(
        "SELECT s.sub_account_id, s.seat_name, s.seat_rank, g.constraints
         FROM seats s
         LEFT JOIN permission_grants g ON g.shop_id = s.shop_id AND g.sub_account_id = s.sub_account_id
              AND g.permission = $2 AND g.revoked_at IS NULL
         WHERE s.shop_id = $1
           AND (s.sub_account_id IS NULL OR ",
        holds!(),
        ")
         ORDER BY s.seat_rank DESC, s.seat_name
         LIMIT 1000",
    ))
    .bind::<SqlUuid, _>(shop.uuid())
    .bind::<Integer, _>(i32::from(permission))
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PermissionHolder {
            sub_account: row.sub_account_id.map(SubAccountId::from_uuid),
            name: row.seat_name,
            rank: row.seat_rank,
            constraints: row.constraints.and_then(|c| serde_json::from_value(c).ok()).unwrap_or_default(),
        })
        .collect())
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    sub_account_id: SubAccountId,
}

/// Those of some sub-accounts of `shop` who hold `permission`, one of the core's, now. Limits of a grant (hours, shifts) are not
/// looked at.
///
/// # Errors
/// The database's fault.
pub async fn holding_among(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    permission: Number,
    among: &[SubAccountId],
) -> Result<Vec<SubAccountId>, diesel::result::Error> {
    let rows: Vec<Held> = diesel::sql_query(concat!(
        "SELECT s.sub_account_id FROM (SELECT $1 AS shop_id, unnest($3) AS sub_account_id) s
         LEFT JOIN permission_grants g ON g.shop_id = s.shop_id AND g.sub_account_id = s.sub_account_id
              AND g.permission = $2 AND g.revoked_at IS NULL
         WHERE ",
        holds!(),
    ))
    .bind::<SqlUuid, _>(shop)
    .bind::<Integer, _>(i32::from(permission))
    .bind::<Array<SqlUuid>, _>(among)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.sub_account_id).collect())
}

/// Who could do what `seat` may not, with `amount` if money moves, and who could grant it to `seat`.
///
/// # Errors
/// The database's fault.
pub async fn helpers(
    conn: &mut AsyncPgConnection,
    seat: &Seat,
    permission: Number,
    amount: Option<i64>,
) -> Result<Helpers, diesel::result::Error> {
    let others = |holder: &PermissionHolder| holder.sub_account != seat.sub_account;
    let able = |holder: &PermissionHolder| {
        holder.constraints.per_action.is_none_or(|limit| amount.is_none_or(|amount| amount <= limit))
    };
    let mut holding = holders(conn, seat.shop, permission).await?;
    holding.retain(others);
    let names = |people: Vec<PermissionHolder>| people.into_iter().map(|p| p.name).take(MOST_NAMES).collect();
    let grantable = by_number(permission).is_none_or(|entry| entry.holder == Holder::Staff);
    let can_grant = if grantable {
        let mut granting = holders(conn, seat.shop, GRANT).await?;
        granting.retain(|g| {
            let holds_it = g.rank == MAIN_RANK || holding.iter().any(|h| h.sub_account == g.sub_account);
            others(g) && holds_it && g.rank >= seat.rank
        });
        names(granting)
    } else {
        Vec::new()
    };
    holding.retain(able);
    Ok(Helpers { can_do: names(holding), can_grant })
}
