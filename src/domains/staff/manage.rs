//! Requirement 5.3: a change that would leave a permission with no one able to manage it is refused.
//!
//! Who can manage a permission: the main account while it is active; without it, an active sub-account that holds both
//! `permission.grant` and the permission. What a sub-account holds until a date does not count: it lapses by itself.

use diesel::sql_types::{Bool, Integer, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::perms::PERMISSION_GRANT;
use crate::db::RunQueryDsl;
use crate::kernel::Text;
use crate::kernel::ids::{ShopId, TypedId};
use crate::permissions::catalogue::{self, CORE, Holder};
use crate::permissions::{Number, codes};

type Sql<T> = Result<T, diesel::result::Error>;

#[derive(diesel::QueryableByName)]
struct Managed {
    #[diesel(sql_type = Integer)]
    permission: i32,
}

#[derive(diesel::QueryableByName)]
struct Active {
    #[diesel(sql_type = Bool)]
    active: bool,
}

/// The permissions that nobody in `shop` can manage as things stand; none while the main account is active.
///
/// # Errors
/// The database's fault.
pub async fn unmanaged(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<Number>> {
    let owner: Vec<Active> = diesel::sql_query(
        "SELECT a.state = 'ACTIVE' AS active FROM shops s JOIN accounts a ON a.id = s.main_account_id WHERE s.id = $1",
    )
    .bind::<SqlUuid, _>(shop.uuid())
    .load(conn)
    .await?;
    if owner.iter().any(|owner| owner.active) { Ok(Vec::new()) } else { unmanaged_without_owner(conn, shop).await }
}

/// The permissions that nobody in `shop` could manage without its main account: what disabling it would leave.
///
/// # Errors
/// The database's fault.
pub async fn unmanaged_without_owner(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<Number>> {
    let managed: Vec<Managed> = diesel::sql_query(
        "WITH held AS (
             SELECT u.id, p.permission
             FROM sub_accounts u
             JOIN position_permissions p ON p.shop_id = u.shop_id AND p.position_id = u.position_id AND p.valid_to IS NULL
             WHERE u.shop_id = $1 AND u.state = 'ACTIVE'
               AND NOT EXISTS (SELECT 1 FROM permission_grants g WHERE g.shop_id = u.shop_id
                   AND g.sub_account_id = u.id AND g.permission = p.permission AND g.revoked_at IS NULL)
             UNION
             SELECT u.id, g.permission
             FROM sub_accounts u
             JOIN permission_grants g ON g.shop_id = u.shop_id AND g.sub_account_id = u.id AND g.revoked_at IS NULL
             WHERE u.shop_id = $1 AND u.state = 'ACTIVE' AND g.effect = 'ALLOW'
               AND NOT jsonb_exists(g.constraints, 'validUntil')
         )
         SELECT DISTINCT h.permission FROM held h JOIN held m ON m.id = h.id AND m.permission = $2",
    )
    .bind::<SqlUuid, _>(shop.uuid())
    .bind::<Integer, _>(i32::from(PERMISSION_GRANT))
    .load(conn)
    .await?;
    let is_managed = |number: Number| managed.iter().any(|m| m.permission == i32::from(number));
    let staff = CORE.iter().filter(|entry| entry.holder == Holder::Staff).map(|entry| entry.number);
    let services = codes::counting(conn, shop, None).await?;
    Ok(staff.chain(services.numbers()).filter(|number| !is_managed(*number)).collect())
}

/// What a change has left with no one able to manage it: call [`unmanaged`] before the change and this after it, in one
/// transaction.
///
/// # Errors
/// The database's fault.
pub async fn unmanaged_after(conn: &mut AsyncPgConnection, shop: ShopId, before: &[Number]) -> Sql<Vec<Number>> {
    let mut after = unmanaged(conn, shop).await?;
    after.retain(|number| !before.contains(number));
    Ok(after)
}

/// Says that a change would leave permissions with no one able to manage them.
#[must_use]
pub fn refusal(left: &[Number]) -> Text {
    let codes = left.iter().take(5).map(|n| catalogue::code(*n)).collect::<Vec<_>>().join(", ");
    Text::made(
        format!(
            "Nobody would be left who can manage: {codes}. Give permission.grant and these to somebody else first."
        ),
        format!("该操作后将无人可管理以下权限:{codes}。请先将 permission.grant 及这些权限授予其他人。"),
    )
}

/// The stable code of that refusal.
pub const UNMANAGED: &str = "PERMISSION_UNMANAGED";
